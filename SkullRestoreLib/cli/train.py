"""The command `train`: fit the shape model and the network."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from SkullRestoreLib.cli import console
from SkullRestoreLib.cli.options import scheduler_option


def _check_device_count(value: str) -> str:
    if value != "auto" and (not value.isdecimal() or int(value) < 1):
        raise typer.BadParameter(f"'{value}' is no number of devices; use auto, 1, 2, ...")
    return value


SkullsOption = Annotated[
    Path,
    typer.Option(
        help="Folder of intact skulls, one file or DICOM folder each: masks, CT or models, as `restore` reads them."
    ),
]
OutOption = Annotated[
    Path,
    typer.Option(
        "--out", "-o", help="Folder for checkpoints, split, loss plot and weights; an interrupted run continues there."
    ),
]
HoledOption = Annotated[
    Path | None,
    typer.Option(
        help="Further skulls with one hole each, named holed/NAME; nothing is learnt inside the holes.",
        show_default=False,
    ),
]
HeldOutOption = Annotated[
    str | None,
    typer.Option(
        help="Skulls kept for testing: 003,017 or a text file of names. Default: every fifth.", show_default=False
    ),
]
SamePatientOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Skulls of one patient, kept on one side of the split: 011,042,holed/040. Repeat for each patient, or "
        "give a text file with one patient per line.",
        show_default=False,
    ),
]
SamplesOption = Annotated[int, typer.Option(min=1, help="Damaged variants to learn from, in all epochs together.")]
EpochsOption = Annotated[
    int, typer.Option(min=1, help="Parts of the run; after each a checkpoint and a point of the loss curves.")
]
BatchOption = Annotated[int, typer.Option(min=1, help="Variants per step, of all processes together.")]
PosesOption = Annotated[
    int, typer.Option(min=1, max=50, help="In how many slightly wrong head frames each skull is traced.")
]
WorkersOption = Annotated[int, typer.Option(min=0, help="Processes that make variants; about one per core.")]
SchedulerOption = Annotated[
    str | None, scheduler_option(", whose workers read and trace the skulls; all must see the folders.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="The same seed gives the same run.")]
DeviceOption = Annotated[Literal["auto", "cpu", "cuda", "mps"], typer.Option(help="Where the network learns.")]
DevicesOption = Annotated[
    str,
    typer.Option(
        callback=_check_device_count, help="How many devices of this computer are used; for cpu, how many processes."
    ),
]
NodesOption = Annotated[
    int,
    typer.Option(
        min=1,
        help="How many computers are used; start the command on each (SLURM, torchrun or NODE_RANK), with one folder "
        "that all see.",
    ),
]
RecipeOption = Annotated[
    Literal["ours", "paper"],
    typer.Option(help="paper: the network of Mishinov 2023, to be compared with ours."),
]
StartOption = Annotated[
    Path | None,
    typer.Option(
        help="Weights to continue from, such as those that SkullRestore brings. Default: start from nothing.",
        show_default=False,
    ),
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Delete an earlier run in the output folder and start afresh.")
]


def train(
    context: typer.Context,
    skulls: SkullsOption,
    out: OutOption,
    holed: HoledOption = None,
    held_out: HeldOutOption = None,
    same_patient: SamePatientOption = None,
    samples: SamplesOption = 78_000,
    epochs: EpochsOption = 60,
    batch: BatchOption = 8,
    poses: PosesOption = 4,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    devices: DevicesOption = "auto",
    nodes: NodesOption = 1,
    recipe: RecipeOption = "ours",
    start: StartOption = None,
    force: ForceOption = False,
) -> None:
    """Fit the shape model and the network on your own folder of intact skulls.

    Example: [cyan]skullrestore train --skulls my_skulls --out runs/first --held-out 003,017 --workers 4[/cyan]

    Needs at least 8 skulls besides those held out; hundreds are better. Ctrl-C stops it; the same command continues
    where it stopped. Writes network.safetensors and shape.safetensors, split.json (which skulls were learnt from),
    curves.csv and curves.png. Use the weights with
    [cyan]skullrestore restore --weights runs/first/network.safetensors[/cyan].
    """
    with console.exit_on_error(context), _show_log():
        from SkullRestoreLib import training

        training.check_packages()
        from SkullRestoreLib.training import run, run_folder

        _silence_lightning()
        options = run.TrainingOptions(
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
            held_out=_split_names(held_out or ""),
            same_patient=_split_groups(same_patient or []),
            recipe=recipe,
            start=start,
        )
        try:
            weights = run.train(skulls, out, options, holed=holed, force=force)
        except (KeyboardInterrupt, SystemExit) as error:
            typer.echo("Stopped. What was done is kept; the same command continues from there.", err=True)
            raise typer.Exit(_exit_code(error)) from None
        if run_folder.is_first_process():
            typer.echo(f"Weights: {weights}; curves: {out / 'curves.png'}; skulls learnt from: {out / 'split.json'}")


def _exit_code(error: KeyboardInterrupt | SystemExit) -> int:
    """Return 130 after Ctrl-C, which Lightning turns into an exit with code 1; else the code of the exit."""
    if isinstance(error, KeyboardInterrupt) or error.code == 1:
        return 130
    return error.code if isinstance(error.code, int) else 0 if error.code is None else 1


def _silence_lightning() -> None:
    """Hide Lightning's greetings; loading Lightning has set another level."""
    import logging

    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _split_names(value: str) -> tuple[str, ...]:
    """Split names that are separated by commas, or are in a text file."""
    text = Path(value).read_text(encoding="utf-8") if Path(value).is_file() else value
    return tuple(name for name in re.split(r"[,\s]+", text) if name)


def _split_groups(values: list[str]) -> tuple[tuple[str, ...], ...]:
    """Split each value, or each line of a text file, into a group of names."""
    lines = [
        line
        for v in values
        for line in (Path(v).read_text(encoding="utf-8").splitlines() if Path(v).is_file() else [v])
    ]
    return tuple(group for line in lines if (group := tuple(n for n in re.split(r"[,\s]+", line) if n)))


@contextmanager
def _show_log() -> Iterator[None]:
    """Show the messages that the library logs, one per line."""
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
