"""The commands `evaluate ...`: measure restorations of cases where the truth is known."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from SkullRestoreLib.cli import console
from SkullRestoreLib.cli.options import add_command, scheduler_option

if TYPE_CHECKING:
    from SkullRestoreLib.evaluation.methods.compared_methods import EvaluationOptions

app = typer.Typer(no_args_is_help=True, help="Measure restorations of cases where the truth is known.")

SkullsOption = Annotated[
    Path,
    typer.Option(
        help="Folder of intact skulls (masks, CT or models), or a folder in SkullFix's layout, with complete/ in it."
    ),
]
SplitOption = Annotated[
    Path | None,
    typer.Option(
        help="split.json that training wrote: only skulls that were not trained on are measured.", show_default=False
    ),
]
PartOption = Annotated[Literal["test", "valid"], typer.Option(help="Which part of the split.")]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        help="Folder for the tables, the figure and the gallery. It appears when all is done; a stopped run continues.",
        show_default=False,
    ),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace an earlier result in the output folder.")]
WorkersOption = Annotated[int, typer.Option(min=1, max=64, help="Processes; each takes about 2 GB.")]
SchedulerOption = Annotated[str | None, scheduler_option(", in place of --workers.")]
SeedOption = Annotated[int, typer.Option(min=0, help="The same seed gives the same cases.")]
MethodsOption = Annotated[
    str | None,
    typer.Option(
        help="Methods to compare, separated by commas. Default: all. SkullRestore alone is fastest.",
        show_default=False,
    ),
]
FloorOption = Annotated[
    bool, typer.Option(help="Also measure the upper bound: what could be reached by a method that knows the truth.")
]
WeightsOption = Annotated[
    Path | None,
    typer.Option(
        help="Other network weights (safetensors). Default: those that SkullRestore brings.", show_default=False
    ),
]


def _evaluation_options(
    methods: str | None,
    known: tuple[str, ...],
    weights: Path | None,
    *,
    workers: int,
    scheduler: str | None,
    seed: int = 0,
    floor: bool = True,
) -> "EvaluationOptions":
    """Make the options of an experiment; ``known`` are the methods that it compares by default."""
    from SkullRestoreLib.evaluation.methods.compared_methods import EvaluationOptions
    from SkullRestoreLib.settings import Settings

    chosen = known if methods is None else tuple(name.strip() for name in methods.split(",") if name.strip())
    settings = Settings(weights=None if weights is None else str(weights))
    return EvaluationOptions(
        methods=chosen, settings=settings, seed=seed, workers=workers, scheduler=scheduler, floor=floor
    )


def _run_and_print(steps: Generator[tuple[str, float], None, str], out: Path | None) -> None:
    """Run an experiment with its progress, and print its table."""
    try:
        with console.StepDisplay() as display:
            text = display.follow_steps(steps)
    except KeyboardInterrupt:
        if out is None:
            raise
        typer.echo("Stopped. What was done is kept; the same command continues from there.", err=True)
        raise typer.Exit(130) from None
    typer.echo(text)
    if out is not None:
        typer.echo(f"\nWritten to {out}.")


def reference_skull(
    context: typer.Context,
    skulls: SkullsOption,
    shapes: Annotated[
        int,
        typer.Option(min=0, max=100, help="Craniectomies cut into each skull, besides its official missing piece."),
    ] = 2,
    split: SplitOption = None,
    part: PartOption = "test",
    out: OutOption = None,
    methods: MethodsOption = None,
    floor: FloorOption = True,
    weights: WeightsOption = None,
    seed: SeedOption = 0,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    force: ForceOption = False,
) -> None:
    """Cut a hole into intact skulls, restore it, and measure it against the skull's own surface: the paper's table 1.

    Example: [cyan]skullrestore evaluate reference-skull --skulls skullfix --split Resources/split.json
    --out results/reference[/cyan]

    Measures areas and deviations. Official missing pieces are taken from implant/ next to complete/, SkullFix's layout;
    further holes are cut as surgeons make them.
    """
    with console.exit_on_error(context):
        from SkullRestoreLib.evaluation.experiments import reference_skull as experiment
        from SkullRestoreLib.evaluation.methods.compared_methods import METHODS

        options = _evaluation_options(
            methods, tuple(METHODS), weights, workers=workers, scheduler=scheduler, seed=seed, floor=floor
        )
        _run_and_print(
            experiment.run_reference_skull(
                skulls, options, shapes=shapes, split=split, part=part, out=out, force=force
            ),
            out,
        )


def cohort(
    context: typer.Context,
    skulls: SkullsOption,
    cases: Annotated[int, typer.Option(min=1, help="How many cases.")] = 200,
    holes: Annotated[
        Literal["clinical", "base", "solids"],
        typer.Option(
            help="clinical: as surgeons and injuries make them. base: down to brow, orbit, base, mastoid and foramen "
            "magnum. solids: spheres, boxes and stars anywhere on the vault."
        ),
    ] = "clinical",
    split: SplitOption = None,
    part: PartOption = "test",
    out: OutOption = None,
    methods: MethodsOption = None,
    floor: FloorOption = True,
    weights: WeightsOption = None,
    seed: SeedOption = 0,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    force: ForceOption = False,
) -> None:
    """Cut holes as surgeons make them into intact skulls, restore them, and count the successes: the paper's table 2.

    Example: [cyan]skullrestore evaluate cohort --skulls skullfix --split Resources/split.json --cases 200
    --out results/cohort --workers 4[/cyan]

    Counts defects found, reference points placed correctly, and surfaces that are good or acceptable, by region, size
    and artefact, for SkullRestore and for plain baselines on the same cases. Half of the cases are masks; two of five
    are simulated CT volumes with metal, a drain, new bone on the dura, thick slices or noise, and one of ten clinical
    ones has a flap, a plate or a mesh in its hole. Ctrl-C stops it; the same command continues where it stopped.
    """
    with console.exit_on_error(context):
        from SkullRestoreLib.evaluation.experiments import cohort as experiment
        from SkullRestoreLib.evaluation.methods.compared_methods import METHODS

        options = _evaluation_options(
            methods, tuple(METHODS), weights, workers=workers, scheduler=scheduler, seed=seed, floor=floor
        )
        _run_and_print(
            experiment.run_cohort(skulls, cases, options, holes=holes, split=split, part=part, out=out, force=force),
            out,
        )


def ablation(
    context: typer.Context,
    skulls: SkullsOption,
    cases: Annotated[int, typer.Option(min=1, help="How many cases.")] = 60,
    split: SplitOption = None,
    part: PartOption = "valid",
    out: OutOption = None,
    methods: Annotated[
        str | None,
        typer.Option(
            help='Variants, separated by commas, such as "without the network". Default: each part in turn.',
            show_default=False,
        ),
    ] = None,
    weights: WeightsOption = None,
    seed: SeedOption = 0,
    workers: WorkersOption = 1,
    force: ForceOption = False,
) -> None:
    """Remove one part of the method at a time, on the same cases, to see what each part contributes.

    Example: [cyan]skullrestore evaluate ablation --skulls skullfix --split Resources/split.json --cases 60
    --out results/ablation --workers 4[/cyan]

    The cases are drawn as for the cohort. They come from the validation skulls (--part valid), so that nothing is
    chosen on the skulls that the other experiments report. Ctrl-C stops it; the same command continues where it
    stopped.
    """
    with console.exit_on_error(context):
        from SkullRestoreLib.evaluation.experiments import ablation as experiment
        from SkullRestoreLib.evaluation.methods.ablated_parts import ABLATED_METHODS

        options = _evaluation_options(
            methods, tuple(ABLATED_METHODS), weights, workers=workers, scheduler=None, seed=seed, floor=False
        )
        _run_and_print(
            experiment.run_ablation(skulls, cases, options, split=split, part=part, out=out, force=force), out
        )


def shapes(
    context: typer.Context,
    skulls: SkullsOption,
    cases: Annotated[int, typer.Option(min=1, help="How many cases.")] = 120,
    complete: Annotated[
        bool,
        typer.Option("--complete", help="Restore complete scans, as for the cohort, and not only the rays: slower."),
    ] = False,
    split: SplitOption = None,
    part: PartOption = "test",
    out: OutOption = None,
    weights: WeightsOption = None,
    seed: SeedOption = 0,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    force: ForceOption = False,
) -> None:
    """Check how probable flatter and fuller surfaces are: how often the true surface is below each of them.

    Example: [cyan]skullrestore evaluate shapes --skulls skullfix --split Resources/split.json --cases 120
    --out results/shapes[/cyan]

    The cases are drawn as for the cohort. Of every hole, the fullness is measured at which the restored surface is as
    high on average as the true one. Ctrl-C stops it; the same command continues where it stopped.
    """
    with console.exit_on_error(context):
        from SkullRestoreLib.evaluation.experiments import plausible_shapes as experiment
        from SkullRestoreLib.evaluation.methods.compared_methods import OWN_METHOD

        options = _evaluation_options(
            OWN_METHOD, (OWN_METHOD,), weights, workers=workers, scheduler=scheduler, seed=seed, floor=False
        )
        _run_and_print(
            experiment.run_shapes(
                skulls, cases, options, complete=complete, split=split, part=part, out=out, force=force
            ),
            out,
        )


def overlap(
    context: typer.Context,
    pairs: Annotated[
        Path,
        typer.Option(
            help="Folder in the layout of SkullFix and SkullBreak: implant/ with the true pieces, next to complete/ or "
            "defective_skull/."
        ),
    ],
    split: SplitOption = None,
    part: PartOption = "test",
    out: OutOption = None,
    methods: MethodsOption = None,
    weights: WeightsOption = None,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    floor: FloorOption = True,
    force: ForceOption = False,
) -> None:
    """Compare restored bone with the true missing piece: DSC, border DSC, HD95 and mean surface distance in mm.

    Example: [cyan]skullrestore evaluate overlap --pairs skullfix --split Resources/split.json --out results/overlap
    --workers 2[/cyan]

    Plain baselines are measured on the same cases. SkullBreak's layout, with one folder per kind of hole, is read too.
    Ctrl-C stops it; the same command continues where it stopped.
    """
    with console.exit_on_error(context):
        from SkullRestoreLib.evaluation.experiments import overlap as experiment

        _run_and_print(
            experiment.run_overlap(
                pairs,
                _evaluation_options(
                    methods, experiment.OVERLAP_METHODS, weights, workers=workers, scheduler=scheduler, floor=floor
                ),
                split=split,
                part=part,
                out=out,
                force=force,
            ),
            out,
        )


def intact(
    context: typer.Context,
    skulls: SkullsOption,
    scans: Annotated[int, typer.Option(min=1, help="How many simulated scans.")] = 120,
    phantom: Annotated[
        Path | None, typer.Option(help="CT of an intact head phantom, measured as well.", show_default=False)
    ] = None,
    external: Annotated[
        Path | None,
        typer.Option(help="Folder with CT of further intact heads, measured as well.", show_default=False),
    ] = None,
    sizes: Annotated[tuple[float, float], typer.Option(help="Smallest and largest head: 1 is as it is.")] = (
        0.85,
        1.15,
    ),
    split: SplitOption = None,
    part: PartOption = "test",
    out: OutOption = None,
    weights: WeightsOption = None,
    seed: SeedOption = 0,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    force: ForceOption = False,
) -> None:
    """Scan intact heads in many ways, and count the defects that are invented; true holes must still be found.

    Example: [cyan]skullrestore evaluate intact --skulls skullfix --split Resources/split.json --scans 120
    --out results/intact[/cyan]

    Skulls become CT in slices of 0.5 to 5 mm, by sharp and soft kernels, tilted, with noise, and with osteoporosis;
    real CT of intact heads are made into thicker slices and softer kernels. Every scan is restored twice: as it is, and
    with one hole of 2 cm² or more. Ctrl-C stops it; the same command continues where it stopped.
    """
    with console.exit_on_error(context):
        from SkullRestoreLib.evaluation.cases.random_cases import list_skulls
        from SkullRestoreLib.evaluation.experiments import intact as experiment
        from SkullRestoreLib.evaluation.methods.compared_methods import OWN_METHOD

        real = [] if phantom is None else [(phantom, "phantom")]
        real += [] if external is None else [(path, "external") for path in list_skulls(external)]
        options = _evaluation_options(
            OWN_METHOD, (OWN_METHOD,), weights, workers=workers, scheduler=scheduler, seed=seed, floor=False
        )
        planned = experiment.plan_scans(skulls, scans, seed=seed, sizes=sizes, real_heads=real, split=split, part=part)
        _run_and_print(experiment.run_intact(planned, options, out=out, force=force), out)


def external(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder of intact heads: masks, CT or models.", show_default=False)],
    cases: Annotated[int, typer.Option(min=1, help="How many cases.")] = 40,
    out: OutOption = None,
    methods: MethodsOption = None,
    floor: FloorOption = False,
    weights: WeightsOption = None,
    seed: SeedOption = 0,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    force: ForceOption = False,
) -> None:
    """Measure on your own intact heads: holes as surgeons make them are cut into them and restored.

    Example: [cyan]skullrestore evaluate external heads --cases 40 --out results/external[/cyan]

    The same tables as of the cohort, on heads of another scanner or country. None of them may be among those that the
    weights were trained on. Ctrl-C stops it; the same command continues where it stopped.
    """
    with console.exit_on_error(context):
        from SkullRestoreLib.evaluation.experiments import cohort as experiment
        from SkullRestoreLib.evaluation.methods.compared_methods import METHODS

        options = _evaluation_options(
            methods, tuple(METHODS), weights, workers=workers, scheduler=scheduler, seed=seed, floor=floor
        )
        _run_and_print(experiment.run_cohort(folder, cases, options, out=out, force=force), out)


def experts(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder with one folder for each skull; an expert's implant has \"implant\" in its file's name.",
            show_default=False,
        ),
    ],
    out: OutOption = None,
    weights: WeightsOption = None,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    force: ForceOption = False,
) -> None:
    """Compare restored surfaces with implants that experts designed for real holes, as in MUG500+.

    Example: [cyan]skullrestore evaluate experts MUG500+/craniotomy --out results/experts[/cyan]

    Distances between both outer faces in both directions, height in the middle, distance along the rim, and the
    thickness that the expert chose. Ctrl-C stops it; the same command continues where it stopped.
    """
    with console.exit_on_error(context):
        from SkullRestoreLib.evaluation.experiments import experts as experiment
        from SkullRestoreLib.evaluation.methods.compared_methods import OWN_METHOD

        options = _evaluation_options(
            OWN_METHOD, (OWN_METHOD,), weights, workers=workers, scheduler=scheduler, floor=False
        )
        _run_and_print(experiment.run_experts(folder, options, out=out, force=force), out)


add_command(app, reference_skull, "reference-skull")
for _command in (cohort, ablation, shapes, overlap, intact, external, experts):
    add_command(app, _command)
