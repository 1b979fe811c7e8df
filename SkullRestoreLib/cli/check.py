"""The command `check`: whether an input will do, within seconds and without restoring it."""

from typing import Annotated

import typer

from SkullRestoreLib.cli import console
from SkullRestoreLib.cli.restore import NiftiAffineOption, SeriesOption, SourceArgument, SpaceOption, SpacingOption

_NOT_USABLE = 2
"""Exit code, the same as of a restoration that is refused."""


def check(
    context: typer.Context,
    source: SourceArgument,
    series: SeriesOption = None,
    spacing: SpacingOption = None,
    space: SpaceOption = None,
    nifti_affine: NiftiAffineOption = None,
    threshold: Annotated[
        float | None, typer.Option(help="Bone threshold in HU; found from the image if left out.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")] = False,
) -> None:
    """Check whether a head CT, a bone mask or a skull model can be restored, and list what was noticed.

    Example: [cyan]skullrestore check head_ct[/cyan]

    Of several series the one that is most likely the best is checked, and why. Nothing is written, and nothing that is
    printed names the patient. Exit codes: 0 if the input can be used, 2 if not.
    """
    with console.exit_on_error(context):
        import json

        from SkullRestoreLib.io.image_header import HeaderOptions, parse_spacing
        from SkullRestoreLib.pipeline.check_input import check_input

        header = HeaderOptions(parse_spacing(spacing), None if space is None else space.strip().upper(), nifti_affine)
        found = check_input(source, series=series, header=header, threshold_hu=threshold)
        if as_json:
            typer.echo(json.dumps(found.as_dict(), indent=2))
        else:
            console.print_check(found)
        if not found.is_usable:
            raise typer.Exit(_NOT_USABLE)
