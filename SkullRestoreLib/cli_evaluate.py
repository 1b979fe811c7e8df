"""The commands that measure, where the truth is known."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from SkullRestoreLib import cli_show as show

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
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same cases.")]
Methods = Annotated[
    str | None,
    typer.Option(help="Methods to compare, with commas between them. Default: all. SkullRestore alone is quickest.", show_default=False),
]
Weights = Annotated[
    Path | None, typer.Option(help="Other network weights (safetensors). Default: those that ship with SkullRestore.", show_default=False)
]


def _options(methods: str | None, weights: Path | None, seed: int, workers: int, floor: bool = True):
    from SkullRestoreLib.evaluation.cohort import Options
    from SkullRestoreLib.evaluation.methods import METHODS
    from SkullRestoreLib.settings import Settings

    chosen = tuple(METHODS) if methods is None else tuple(name.strip() for name in methods.split(",") if name.strip())
    return Options(chosen, Settings(weights=None if weights is None else str(weights)), seed, workers, floor)


@app.command()
def cohort(
    context: typer.Context,
    skulls: Skulls,
    cases: Annotated[int, typer.Option(min=1, help="How many cases.")] = 200,
    split: Split = None,
    part: Part = "test",
    out: Out = None,
    methods: Methods = None,
    floor: Annotated[bool, typer.Option(help="Also measure what an oracle would reach that knows the truth.")] = True,
    weights: Weights = None,
    seed: Seed = 0,
    workers: Workers = 1,
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

        with show.Steps() as steps:
            text = steps.follow(
                experiment.run(
                    skulls, cases, _options(methods, weights, seed, workers, floor), split=split, part=part, out=out, force=force
                )
            )
        typer.echo(text)


@app.command()
def overlap(
    context: typer.Context,
    pairs: Annotated[
        Path,
        typer.Option(
            help="Folder as SkullFix and SkullBreak are laid out: implant/ with the true pieces, complete/ or defective_skull/ beside it."
        ),
    ],
    split: Annotated[
        Path | None, typer.Option(help="split.json that training wrote: only its test skulls are measured.", show_default=False)
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for overlap.md and overlap.csv.", show_default=False)] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes; each takes about 3 GB.")] = 1,
) -> None:
    """Compare restored bone with the true missing piece: DSC, border DSC and HD95 in mm, beside plain rivals on the same cases.

    Example: [cyan]skullrestore evaluate overlap --pairs skullfix --split Resources/split.json --out results --workers 2[/cyan]
    """
    with show.errors(context):
        from SkullRestoreLib.evaluation import overlap as measure

        typer.echo(measure.table(pairs, split=split, out=out, workers=workers))
