"""The commands that measure, where the truth is known."""

from collections.abc import Generator
from pathlib import Path
from typing import Annotated, Literal

import typer

from SkullRestoreLib import cli_show as show
from SkullRestoreLib.cli_options import scheduler_option

app = typer.Typer(no_args_is_help=True, help="Measure how good restorations are, where the truth is known.")

Skulls = Annotated[
    Path, typer.Option(help="Folder of intact skulls (masks, CT or models), or one as SkullFix is laid out, with complete/ in it.")
]
Split = Annotated[
    Path | None,
    typer.Option(help="split.json that training wrote: only skulls that it has not learnt from are measured.", show_default=False),
]
Part = Annotated[Literal["test", "valid"], typer.Option(help="Which part of the split.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        help="Folder for the tables, the figure and the gallery. It appears when all is done; a stopped run goes on.",
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an earlier result in the output folder.")]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Processes; each takes about 2 GB.")]
Scheduler = Annotated[str | None, scheduler_option(", in place of --workers.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same cases.")]
Methods = Annotated[
    str | None,
    typer.Option(help="Methods to compare, with commas between them. Default: all. SkullRestore alone is quickest.", show_default=False),
]
Floor = Annotated[bool, typer.Option(help="Also measure what an oracle would reach that knows the truth.")]
Weights = Annotated[
    Path | None, typer.Option(help="Other network weights (safetensors). Default: those that ship with SkullRestore.", show_default=False)
]


def _options(
    methods: str | None, known: tuple[str, ...], weights: Path | None, place: tuple[int, str | None], seed: int = 0, floor: bool = True
):
    from SkullRestoreLib.evaluation.methods import Options
    from SkullRestoreLib.settings import Settings

    chosen = known if methods is None else tuple(name.strip() for name in methods.split(",") if name.strip())
    return Options(chosen, Settings(weights=None if weights is None else str(weights)), seed, *place, floor)


def _tell(steps: Generator[tuple[str, float], None, str], out: Path | None) -> None:
    """Run a measurement with its progress, and print its table."""
    try:
        with show.Steps() as shown:
            text = shown.follow(steps)
    except KeyboardInterrupt:
        if out is None:
            raise
        typer.echo("Stopped. What was done is kept; the same command goes on from there.", err=True)
        raise typer.Exit(130) from None
    typer.echo(text)
    if out is not None:
        typer.echo(f"\nWritten to {out}.")


@app.command("reference-skull")
def reference_skull(
    context: typer.Context,
    skulls: Skulls,
    shapes: Annotated[
        int, typer.Option(min=0, max=100, help="Clinical shapes cut into each skull, besides its official missing piece.")
    ] = 2,
    split: Split = None,
    part: Part = "test",
    out: Out = None,
    methods: Methods = None,
    floor: Floor = True,
    weights: Weights = None,
    seed: Seed = 0,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    force: Force = False,
) -> None:
    """Cut a hole into intact skulls, restore it, and measure areas and deviations against the skull's own surface: the paper's table 1.

    Example: [cyan]skullrestore evaluate reference-skull --skulls skullfix --split Resources/split.json --out results/reference[/cyan]

    Official missing pieces are taken from implant/ beside complete/, as SkullFix is laid out; further holes are cut as surgeons make them.
    """
    with show.errors(context):
        from SkullRestoreLib.evaluation import reference_skull as experiment
        from SkullRestoreLib.evaluation.methods import METHODS

        options = _options(methods, tuple(METHODS), weights, (workers, scheduler), seed, floor)
        _tell(experiment.run(skulls, options, shapes=shapes, split=split, part=part, out=out, force=force), out)


@app.command()
def cohort(
    context: typer.Context,
    skulls: Skulls,
    cases: Annotated[int, typer.Option(min=1, help="How many cases.")] = 200,
    holes: Annotated[
        Literal["clinical", "solids"],
        typer.Option(help="As surgeons and injuries make them, or plain solids taken out anywhere on the vault: spheres, boxes, stars."),
    ] = "clinical",
    split: Split = None,
    part: Part = "test",
    out: Out = None,
    methods: Methods = None,
    floor: Floor = True,
    weights: Weights = None,
    seed: Seed = 0,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    force: Force = False,
) -> None:
    """Cut holes as surgeons make them into intact skulls, restore them, and count what went well: the paper's table 2.

    Example: [cyan]skullrestore evaluate cohort --skulls skullfix --split Resources/split.json --cases 200 --out results/cohort --workers 4[/cyan]

    Counts defects found, reference points right, and surfaces good or acceptable, by region, size and disturbance, beside plain rivals on the same cases.
    Three of five cases are masks, two are simulated CT volumes with metal, a drain, new bone on the dura, thick slices or noise. Ctrl-C stops it; the
    same command goes on where it stopped.
    """
    with show.errors(context):
        from SkullRestoreLib.evaluation import cohort as experiment
        from SkullRestoreLib.evaluation.methods import METHODS

        options = _options(methods, tuple(METHODS), weights, (workers, scheduler), seed, floor)
        _tell(experiment.run(skulls, cases, options, holes=holes, split=split, part=part, out=out, force=force), out)


@app.command()
def ablation(
    context: typer.Context,
    skulls: Skulls,
    cases: Annotated[int, typer.Option(min=1, help="How many cases.")] = 60,
    split: Split = None,
    part: Part = "valid",
    out: Out = None,
    methods: Annotated[
        str | None,
        typer.Option(
            help='What to go without, with commas between, such as "without the network". Default: each part in turn.', show_default=False
        ),
    ] = None,
    weights: Weights = None,
    seed: Seed = 0,
    workers: Workers = 1,
    force: Force = False,
) -> None:
    """Take away one part of the method at a time, on the same cases, to see what each is worth.

    Example: [cyan]skullrestore evaluate ablation --skulls skullfix --split Resources/split.json --cases 60 --out results/ablation --workers 4[/cyan]

    The cases are drawn as for the cohort. They come from the skulls kept for watching (--part valid), so that nothing is chosen on those that the other
    experiments report. Ctrl-C stops it; the same command goes on where it stopped.
    """
    with show.errors(context):
        from SkullRestoreLib.evaluation import ablation as experiment
        from SkullRestoreLib.evaluation.parts import WITHOUT

        options = _options(methods, tuple(WITHOUT), weights, (workers, None), seed, floor=False)
        _tell(experiment.run(skulls, cases, options, split=split, part=part, out=out, force=force), out)


@app.command()
def overlap(
    context: typer.Context,
    pairs: Annotated[
        Path,
        typer.Option(
            help="Folder as SkullFix and SkullBreak are laid out: implant/ with the true pieces, complete/ or defective_skull/ beside it."
        ),
    ],
    split: Split = None,
    part: Part = "test",
    out: Out = None,
    methods: Methods = None,
    weights: Weights = None,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    force: Force = False,
) -> None:
    """Compare restored bone with the true missing piece: DSC, border DSC and HD95 in mm, beside plain rivals on the same cases.

    Example: [cyan]skullrestore evaluate overlap --pairs skullfix --split Resources/split.json --out results/overlap --workers 2[/cyan]

    SkullBreak's layout, with a folder for each kind of hole, is read as well. Ctrl-C stops it; the same command goes on where it stopped.
    """
    with show.errors(context):
        from SkullRestoreLib.evaluation import overlap as experiment

        _tell(
            experiment.run(
                pairs, _options(methods, experiment.METHODS, weights, (workers, scheduler)), split=split, part=part, out=out, force=force
            ),
            out,
        )
