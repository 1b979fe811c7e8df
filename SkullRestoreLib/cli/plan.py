"""The command `plan`: plan a resection, its implant and its guides before the bone is cut."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from SkullRestoreLib.cli import console
from SkullRestoreLib.cli.options import (
    DeviceOption,
    ForceOption,
    KeepFailed,
    OutOption,
    with_plan_settings,
    with_settings,
)
from SkullRestoreLib.cli.restore import AlsoOption, SeriesOption, SourceArgument
from SkullRestoreLib.settings import PlanSettings, Settings

if TYPE_CHECKING:
    from SkullRestoreLib.planning.guides import GuideKind
    from SkullRestoreLib.planning.plan import ResectionRequest

LineOption = Annotated[
    Path | None,
    typer.Option(
        help="Line around what is to be removed: a closed curve of 3D Slicer (.mrk.json), or JSON with positions in mm "
        "RAS. It is laid onto the bone.",
        show_default=False,
    ),
]
TumourOption = Annotated[
    Path | None,
    typer.Option(
        help="Mask of a tumour (NRRD, NIfTI or MHA), on any grid of the same patient space; the line runs around it at "
        "the distance of --margin.",
        show_default=False,
    ),
]
CircleOption = Annotated[
    str | None,
    typer.Option(
        metavar="R,A,S,D[,D2[,TURN]]",
        help="A circle about a point of the skull, mm RAS, and its diameter in mm; with a second diameter an ellipse, "
        "with its turn against the horizontal in degrees.",
        show_default=False,
    ),
]
GuideOption = Annotated[
    list[str],
    typer.Option(
        metavar="template|frame|ring",
        help="Guides to make; several by commas, or repeat the option: a drawing template, a cutting guide (frame), a "
        "margin ring.",
    ),
]


@partial(with_settings, annotations={"device": DeviceOption})
@with_plan_settings
def plan(
    context: typer.Context,
    source: SourceArgument,
    out: OutOption,
    settings: Settings,
    plan_settings: PlanSettings,
    line: LineOption = None,
    tumour: TumourOption = None,
    circle: CircleOption = None,
    guide: GuideOption = [],  # noqa: B006 - Typer wants a list
    series: SeriesOption = None,
    also: AlsoOption = [],  # noqa: B006
    force: ForceOption = False,
    keep_failed: KeepFailed = False,
) -> None:
    """Plan a resection before the operation: the opening, the implant for it, and guides for the cut.

    Example: [cyan]skullrestore plan head_ct --line line.mrk.json --guide template,frame --out plan[/cyan]

    Give the line in one of three ways: --line, --tumour or --circle. The bone inside it, and a little beyond it, has no
    say in the restored surface. Writes all that restore writes, for the skull with the opening, and plan.html,
    plan.json, resection_line.mrk.json and guide_template.stl, guide_frame.stl, guide_ring.stl.

    A guide that did not pass all its checks is withheld, as an implant is. Exit codes are those of restore.
    """
    with console.exit_on_error(context):
        kinds = _guide_kinds(guide)
        request = _read_request(line, tumour, circle)
        with console.StepDisplay() as display:
            facts = display.follow_steps(
                _plan_and_write(
                    source,
                    out,
                    request,
                    (settings, plan_settings, kinds),
                    series=series,
                    also=[kind.value for kind in also],
                    options={"force": force, "keep_failed": keep_failed},
                )
            )
        _print_plan(facts)
        console.print_restoration(facts["restoration"])
        typer.echo(f"Written to {out}; open {out / 'plan.html'} and {out / 'report.html'} in a browser.")
        _exit_if_withheld(facts)


def _guide_kinds(given: list[str]) -> "tuple[GuideKind, ...]":
    """The guides that were asked for."""
    from SkullRestoreLib.planning.guides import GUIDE_KINDS

    names = [name.strip().lower() for text in given for name in text.split(",") if name.strip()]
    for name in names:
        if name not in GUIDE_KINDS:
            raise typer.BadParameter(f"--guide: '{name}' is no guide; choose among {', '.join(GUIDE_KINDS)}.")
    return tuple(kind for kind in GUIDE_KINDS if kind in names)


def _read_request(line: Path | None, tumour: Path | None, circle: str | None) -> "ResectionRequest":
    """What is to be removed."""
    import numpy as np

    from SkullRestoreLib.io import markups, read
    from SkullRestoreLib.planning.plan import ResectionRequest

    if sum(given is not None for given in (line, tumour, circle)) != 1:
        raise typer.BadParameter("Give exactly one of --line, --tumour and --circle.")
    if line is not None:
        curve, is_closed = markups.read_resection_line(line)
        return ResectionRequest(curve=curve, curve_is_closed=is_closed)
    if tumour is not None:
        return ResectionRequest(tumour=read.read_part_mask(tumour))
    try:
        values = [float(part) for part in (circle or "").split(",")]
    except ValueError:
        values = []
    if not 4 <= len(values) <= 6 or not np.isfinite(values).all():
        raise typer.BadParameter(f"--circle: '{circle}' is no circle; write right, front, up and the diameter in mm.")
    diameters = (values[3], values[4] if len(values) > 4 else values[3])
    return ResectionRequest(
        centre=np.array(values[:3]), diameters_mm=diameters, turn_deg=values[5] if len(values) > 5 else 0.0
    )


def _plan_and_write(
    source: Path,
    out: Path,
    request: "ResectionRequest",
    how: "tuple[Settings, PlanSettings, tuple[GuideKind, ...]]",
    *,
    series: str | None,
    also: list[str],
    options: dict[str, bool],
) -> Any:
    """Read, plan and write: a generator of steps that returns what was written."""
    from SkullRestoreLib.io import archives, read, write
    from SkullRestoreLib.pipeline.process_case import InputOptions
    from SkullRestoreLib.pipeline.write_result import check_formats, read_dicom_source
    from SkullRestoreLib.planning.plan import plan_steps
    from SkullRestoreLib.planning.write_plan import write_plan_steps

    write.check_output(out, force=options["force"])
    formats = check_formats(also)
    yield "read the input", 0.0
    with archives.unpacked(source) as place:
        image = read.read(place, **InputOptions(series).read_arguments)
        dicom = read_dicom_source(formats, place, image)
        settings, plan_settings, kinds = how
        planned = yield from plan_steps(image, request, settings, plan_settings, kinds)
        return (yield from write_plan_steps(planned, out, formats=formats, dicom=dicom, **options))


def _print_plan(facts: dict[str, Any]) -> None:
    """What was planned, in a few lines."""
    line = facts["line"]
    typer.echo(f"Resection: {line['area_cm2']:.1f} cm², line of {line['circumference_mm']:.0f} mm.")
    for landmark in facts["landmarks"]:
        distance = "crossed or enclosed" if landmark["crossed"] else f"{landmark['distance_mm']:.0f} mm away"
        typer.echo(f"  {landmark['name']}: {distance}")
    for guide in facts["guides"]:
        state = "passed" if guide["passed"] else "not passed"
        error = guide["line_error_95_mm"]
        typer.echo(f"  {guide['name']}: {state}" + ("" if error is None else f", edge within {error:.2f} mm (95 %)"))


def _exit_if_withheld(facts: dict[str, Any]) -> None:
    """End the command with a sentence and its exit code where a guide or an implant is missing."""
    for reasons in facts["withheld"].values():
        for reason in reasons:
            typer.secho("Not passed: ", fg="red", bold=True, nl=False, err=True)
            typer.echo(reason, err=True)
    console.exit_if_incomplete(facts["restoration"])
    if facts["withheld"]:
        raise typer.Exit(console.NOT_PASSED)
