"""The command `implant`: design the implants of a finished result again."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from SkullRestoreLib.cli import console
from SkullRestoreLib.cli.options import (
    ExtraFormat,
    ForceOption,
    KeepFailed,
    changed_implant_settings,
    with_design_changes,
)
from SkullRestoreLib.settings import SURFACE_SETTINGS

ResultArgument = Annotated[
    Path, typer.Argument(metavar="RESULT", help="Folder that `skullrestore restore` has written, or a revision in it.")
]
PointsOption = Annotated[
    Path | None,
    typer.Option(
        help="Reference points, moved: reference_points.mrk.json of the result, edited in 3D Slicer. The surface "
        "passes exactly through a point that was moved, on the bone or off it.",
        show_default=False,
    ),
]
MaskOption = Annotated[
    Path | None,
    typer.Option(
        help="All bone as a mask, edited (NRRD, NIfTI or MHA): the defects are found again.", show_default=False
    ),
]
TrimOption = Annotated[
    list[Path],
    typer.Option(
        help="Line at which an implant ends, drawn across the defect as a curve in 3D Slicer (.mrk.json); the larger "
        "part stays. Repeat for several. They replace those of the result.",
    ),
]
AutomaticTrim = Annotated[
    bool, typer.Option("--automatic-trim", help="Forget the lines that were drawn; the program draws them again.")
]
AutomaticInsertion = Annotated[
    bool,
    typer.Option(
        "--automatic-insertion",
        help="Find the insertion direction again; otherwise it stays that of the result.",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", "-o", help="Folder for the new design, where it is no --revision.", show_default=False),
]
RevisionOption = Annotated[
    bool,
    typer.Option("--revision", help="Write the new design into the result as revision_2, revision_3 and so on."),
]
AlsoOption = Annotated[
    list[ExtraFormat],
    typer.Option(help="Further files, as for restore; repeat for several: pdf, ply, obj or 3mf."),
]


@with_design_changes
def implant(
    context: typer.Context,
    result: ResultArgument,
    changes: dict[str, Any],
    points: PointsOption = None,
    mask: MaskOption = None,
    trim: TrimOption = [],  # noqa: B006 - Typer wants a list
    automatic_trim: AutomaticTrim = False,
    automatic_insertion: AutomaticInsertion = False,
    out: OutOption = None,
    revision: RevisionOption = False,
    also: AlsoOption = [],  # noqa: B006
    force: ForceOption = False,
    keep_failed: KeepFailed = False,
) -> None:
    """Design the implants of a finished result again: other settings, fuller surface, moved points, other trim lines.

    Example: [cyan]skullrestore implant restored --thickness 5 --points edited.mrk.json --revision[/cyan]

    Takes seconds: the network is not run, and nothing is segmented. What is not given stays as it was in the result.
    All files are written anew, with what was changed in the report and in restoration.json; the result itself is left
    as it is. Exit codes are those of restore.
    """
    if revision == (out is not None):
        raise typer.BadParameter("Give either --revision or --out with a folder for the new design.")
    if trim and automatic_trim:
        raise typer.BadParameter("--trim and --automatic-trim exclude each other; use one of them.")
    if automatic_insertion and changes.get("insertion") is not None:
        raise typer.BadParameter("--insertion and --automatic-insertion exclude each other; use one of them.")
    if automatic_insertion:
        changes = {**changes, "insertion": None}
    with console.exit_on_error(context):
        from SkullRestoreLib.pipeline import redesign, saved_case

        fullness = changes.get("fullness")
        implant_changes = {name: value for name, value in changes.items() if name not in SURFACE_SETTINGS}
        formats = redesign.check_redesign_formats([kind.value for kind in also])
        target = redesign.choose_target(result, out, force=force)
        edits = redesign.read_edits(points=points, mask=mask, trim=() if automatic_trim else trim or None)
        with console.StepDisplay() as display:
            before = display.follow_steps(saved_case.load_steps(result))
            edits = replace(
                edits,
                settings=changed_implant_settings(before.settings.implant, implant_changes),
                finds_insertion=automatic_insertion,
                fullness=fullness,
            )
            facts = display.follow_steps(
                redesign.redesign_steps(before, edits, target, formats=formats, force=force, keep_failed=keep_failed)
            )
        console.print_restoration(facts)
        typer.echo(f"Written to {target.folder}; open {target.folder / 'report.html'} in a browser.")
        console.exit_if_incomplete(facts)
