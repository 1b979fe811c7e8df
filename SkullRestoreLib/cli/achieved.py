"""The command `achieved`: how far the bone was cut from where it was planned."""

from pathlib import Path
from typing import Annotated

import typer

from SkullRestoreLib.cli import console
from SkullRestoreLib.cli.restore import SeriesOption, SourceArgument

PlanArgument = Annotated[Path, typer.Argument(help="Folder of a plan.", metavar="PLAN")]


def achieved(
    context: typer.Context,
    plan: PlanArgument,
    source: SourceArgument,
    series: SeriesOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")] = False,
) -> None:
    """Measure after the operation how far the bone's edge is from the planned one.

    Example: [cyan]skullrestore achieved plan ct_after[/cyan]

    The plan is laid over the new scan by sound vault, and the edge of bone is searched for at every millimetre of the
    line. Positive is more bone gone than planned. Nothing is written.
    """
    with console.exit_on_error(context):
        import json

        from SkullRestoreLib.io import archives, read
        from SkullRestoreLib.pipeline.process_case import InputOptions
        from SkullRestoreLib.planning.achieved_line import measure_achieved_steps

        with console.StepDisplay() as display, archives.unpacked(source) as place:
            after = read.read(place, **InputOptions(series).read_arguments)
            found = display.follow_steps(measure_achieved_steps(plan, after))
        if as_json:
            typer.echo(json.dumps(found.as_dict(), indent=1))
            return
        typer.echo(
            f"The bone's edge is {found.median_mm:+.1f} mm from the planned one in the median (+: more bone gone); "
            f"95 % within {found.within_95_mm:.1f} mm, largest {found.largest_mm:.1f} mm."
        )
        typer.echo(
            f"Measured at {found.measured_percent:.0f} % of the line; the skulls lie on each other within "
            f"{found.alignment_error_mm:.1f} mm (90 % of the sound vault)."
        )
