"""The command line: reads the options, calls the corridor, writes the result. Heavy imports wait until a command needs them."""

import atexit
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from SkullRestoreLib import cli_show as show
from SkullRestoreLib import cli_web, stopping
from SkullRestoreLib.cli_batch import batch
from SkullRestoreLib.cli_evaluate import app as evaluate
from SkullRestoreLib.cli_options import Also, Device, scheduler_option, with_settings
from SkullRestoreLib.settings import Settings

app = typer.Typer(
    name="skullrestore",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="From a head CT to the lost surface of the skull and a printable implant.\n\n"
    "[bold]Research use only.[/bold] Not cleared by any authority; a qualified clinician must approve every design.\n\n"
    "First steps:\n\n"
    "[cyan]skullrestore phantom --out sample[/cyan]  makes a synthetic head CT with a hole\n\n"
    "[cyan]skullrestore restore sample --out restored[/cyan]  restores it\n\n"
    "[cyan]skullrestore info restored[/cyan]  shows what was found",
)
app.command()(batch)
app.add_typer(evaluate, name="evaluate")
app.command()(cli_web.web)
app.command("web-user")(cli_web.web_user)

Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the result; new or empty. It appears only when the result is complete.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an earlier result in the output folder.")]


def _version(wanted: bool) -> None:
    if wanted:
        from SkullRestoreLib import __version__

        typer.echo(f"SkullRestore {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the whole traceback when something unexpected happens.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    context.obj = {"debug": debug}


Place = Literal["frontal", "parietal", "temporal", "low-temporal", "occipital", "fronto-orbital", "bifrontal", "frontotemporoparietal"]


@app.command()
@partial(with_settings, own={"device": Device})
def restore(
    context: typer.Context,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT",
            help="DICOM folder (nested or mixed is fine), CT or binary bone mask as NRRD, NIfTI or MHA, or skull model as STL, PLY, OBJ or VTP.",
        ),
    ],
    out: Out,
    settings: Settings,
    series: Annotated[
        str | None, typer.Option(help="Which DICOM series, where the folder holds several: its number or UID.", show_default=False)
    ] = None,
    also: Annotated[
        list[Also],
        typer.Option(
            help="Further files; repeat for several: the report as pdf, the implants as ply, obj or 3mf, and, from a DICOM input, as dicom "
            "(STL and segmentation; they hold the patient's name, as a PACS wants it).",
        ),
    ] = [],  # noqa: B006 - Typer wants a list
    reference: Annotated[
        Path | None,
        typer.Option(
            help="The same skull whole (mask, CT or model), where it is known: the report shows how far the surface is off.",
            show_default=False,
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Restore the skull in a head CT, a bone mask or a skull model, and design the implants.

    Example: [cyan]skullrestore restore head_ct --out restored --points 32 --thickness 5[/cyan]

    Writes skull.stl, restored_surface.stl, implant_1.stl ..., restored_bone.nrrd, restored_skull.nrrd, implant.nrrd, reference_points.mrk.json,
    restoration.json and report.html. Meshes are in LPS millimetres, as 3D Slicer writes them.
    """
    with show.errors(context):
        from SkullRestoreLib.deliver import deliver

        chosen = [kind.value for kind in also]
        with show.Steps() as steps:
            facts = steps.follow(deliver(source, out, settings, series=series, also=chosen, reference=reference, force=force))
        show.restoration(facts)
        typer.echo(f"Written to {out}; open {out / 'report.html'} in a browser.")


@app.command()
def info(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `skullrestore restore` wrote.")],
) -> None:
    """Show what a finished restoration found and made."""
    with show.errors(context):
        show.restoration(show.load(folder))


@app.command()
def phantom(
    context: typer.Context,
    out: Out,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same head.")] = 0,
    size: Annotated[float, typer.Option(min=2, max=16, help="Width of the hole, cm (of a round one of the same area).")] = 8.0,
    place: Annotated[Place, typer.Option(help="Where the hole is.")] = "frontotemporoparietal",
    bilateral: Annotated[bool, typer.Option("--bilateral", help="A second hole on the other side.")] = False,
    metal: Annotated[bool, typer.Option("--metal", help="Plates and clips with their streaks.")] = False,
    slice_mm: Annotated[float, typer.Option("--slice", min=0.5, max=5, help="Distance between slices, mm.")] = 1.0,
    noise_hu: Annotated[float, typer.Option("--noise", min=0, max=100, help="Noise of the scan, HU.")] = 15.0,
    force: Force = False,
) -> None:
    """Make a synthetic head CT with a hole in the skull, in DICOM, and the same head intact as truth.

    Example: [cyan]skullrestore phantom --out sample --seed 7 --place parietal --bilateral[/cyan]

    Writes ct/*.dcm, truth/intact.nrrd (HU), truth/missing_bone.nrrd (voxel = number of the hole) and phantom.json. The same options make the same files.
    """
    with show.errors(context):
        from SkullRestoreLib import folder
        from SkullRestoreLib import phantom as head

        options = {
            "seed": seed,
            "size_cm": size,
            "place": place,
            "bilateral": bilateral,
            "metal": metal,
            "slice_mm": slice_mm,
            "noise_hu": noise_hu,
        }
        with show.Steps() as steps:
            steps.start("make a head")
            folder.publish(out, lambda stage: head.write_case(stage, **options), mark="phantom.json", ours=head.is_ours, force=force)
        typer.echo(f"Written to {out}; restore it with: skullrestore restore {out} --out restored")


def _names(value: str) -> tuple[str, ...]:
    """Names in a text file, or written out with commas between them."""
    text = Path(value).read_text(encoding="utf-8") if Path(value).is_file() else value
    return tuple(name for name in re.split(r"[,\s]+", text) if name)


def _groups(values: list[str]) -> tuple[tuple[str, ...], ...]:
    """One group for each value, or for each line of a text file."""
    lines = [line for v in values for line in (Path(v).read_text(encoding="utf-8").splitlines() if Path(v).is_file() else [v])]
    return tuple(group for line in lines if (group := tuple(n for n in re.split(r"[,\s]+", line) if n)))


def _devices(value: str) -> str:
    if value != "auto" and (not value.isdecimal() or int(value) < 1):
        raise typer.BadParameter(f"'{value}' is no number of devices; use auto, 1, 2, ...")
    return value


@app.command()
def train(
    context: typer.Context,
    skulls: Annotated[
        Path, typer.Option(help="Folder of intact skulls, one file or DICOM folder each: masks, CT or models, as `restore` reads them.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for checkpoints, split, loss plot and weights; an interrupted run goes on there.")
    ],
    holed: Annotated[
        Path | None,
        typer.Option(
            help="Further skulls with one hole each, known as holed/NAME; nothing is learnt inside the holes.", show_default=False
        ),
    ] = None,
    held_out: Annotated[
        str | None,
        typer.Option(help="Skulls kept for testing: 003,017 or a text file of names. Default: every fifth.", show_default=False),
    ] = None,
    same_patient: Annotated[
        list[str] | None,
        typer.Option(
            help="Skulls of one patient, kept on one side of the split: 011,042,holed/040. Repeat for each patient, or give a text file, a patient a line.",
            show_default=False,
        ),
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="Damaged variants to learn from, all epochs together.")] = 78_000,
    epochs: Annotated[int, typer.Option(min=1, help="Parts of the run; a checkpoint and a point of the curves after each.")] = 60,
    batch: Annotated[int, typer.Option(min=1, help="Variants per step, those of all processes together.")] = 8,
    poses: Annotated[int, typer.Option(min=1, max=50, help="How many slightly wrong head frames each skull is traced in.")] = 4,
    workers: Annotated[int, typer.Option(min=0, help="Processes that make variants; about one a core.")] = 1,
    scheduler: Annotated[str | None, scheduler_option(", whose workers read and trace the skulls; all must see the folders.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same run.")] = 0,
    device: Annotated[Literal["auto", "cpu", "cuda", "mps"], typer.Option(help="Where the network learns.")] = "auto",
    devices: Annotated[
        str, typer.Option(callback=_devices, help="How many of them on this computer; of cpu, how many processes.")
    ] = "auto",
    nodes: Annotated[
        int, typer.Option(min=1, help="How many computers; start it on each (SLURM, torchrun or NODE_RANK), with one folder that all see.")
    ] = 1,
    recipe: Annotated[
        Literal["ours", "paper"], typer.Option(help="paper: the network of Mishinov 2023, to be measured against ours.")
    ] = "ours",
    start: Annotated[
        Path | None,
        typer.Option(help="Weights to go on from, such as those that ship; from nothing, when not given.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Throw away an earlier run in the output folder and start afresh.")] = False,
) -> None:
    """Fit the shape statistics and the network on your own folder of intact skulls.

    Example: [cyan]skullrestore train --skulls my_skulls --out runs/first --held-out 003,017 --workers 4[/cyan]

    Needs at least 8 skulls besides those held out; hundreds are better. Ctrl-C stops it; the same command goes on where it stopped. Writes
    network.safetensors and shape.safetensors, split.json (who was learnt from), curves.csv and curves.png. Use the weights with
    [cyan]skullrestore restore --weights runs/first/network.safetensors[/cyan].
    """
    with show.errors(context), _told():
        import logging

        from SkullRestoreLib import training

        training.check_packages()
        from SkullRestoreLib.training import run, stages

        for name in ("lightning.pytorch", "lightning.fabric"):
            logging.getLogger(name).setLevel(logging.WARNING)  # its greetings; loading it has set another level
        options = run.Options(
            samples=samples,
            batch=batch,
            epochs=epochs,
            poses=poses,
            workers=workers,
            scheduler=scheduler,
            seed=seed,
            device=device,
            devices=int(devices) if devices.isdecimal() else devices,
            nodes=nodes,
            held_out=_names(held_out or ""),
            same_patient=_groups(same_patient or []),
            recipe=recipe,
            start=start,
        )
        try:
            weights = run.train(skulls, out, options, holed=holed, force=force)
        except (KeyboardInterrupt, SystemExit) as error:  # Lightning turns Ctrl-C into an exit
            typer.echo("Stopped. What was done is kept; the same command goes on from there.", err=True)
            raise typer.Exit(130 if isinstance(error, KeyboardInterrupt) or error.code == 1 else error.code) from None
        if stages.first_process():
            typer.echo(f"Weights: {weights}; curves: {out / 'curves.png'}; who was learnt from: {out / 'split.json'}")


@contextmanager
def _told() -> Iterator[None]:
    """Show what the library logs, a line each."""
    import logging
    import warnings

    from rich.console import Console
    from rich.logging import RichHandler

    logger = logging.getLogger("SkullRestoreLib")
    handler = RichHandler(console=Console(stderr=True), show_path=False, log_time_format="%H:%M:%S")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            yield
    finally:
        logger.removeHandler(handler)


def main() -> None:
    """Run the command line; the console script ``skullrestore``."""
    stopping.listen("Stopped.")
    try:
        app()
    except SystemExit as ended:
        if ended.code in (130, 143):
            _end_at_once(ended.code)
        raise


def _end_at_once(code: int) -> None:
    """End a command that was stopped. Python would wait for every thread, such as the one that loads the network; all is put away by now."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)
