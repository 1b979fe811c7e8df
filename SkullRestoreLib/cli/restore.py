"""The commands `restore` and `info`: restore one case, and show a finished restoration."""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from SkullRestoreLib.cli import console
from SkullRestoreLib.cli.options import (
    DeviceOption,
    ExtraFormat,
    ForceOption,
    KeepFailed,
    OutOption,
    with_settings,
)
from SkullRestoreLib.settings import Settings

SourceArgument = Annotated[
    Path,
    typer.Argument(
        metavar="INPUT",
        help="DICOM folder or a zip of it (nested or mixed is fine), CT or binary bone mask as NRRD, NIfTI or MHA, or "
        "skull model as STL, PLY, OBJ, VTP, 3MF or GLB.",
    ),
]
SeriesOption = Annotated[
    str | None,
    typer.Option(help="Which DICOM series, where the folder holds several: its number or UID.", show_default=False),
]
AlsoOption = Annotated[
    list[ExtraFormat],
    typer.Option(
        help="Further files; repeat for several: the report as pdf, the implants as ply, obj or 3mf, and, from a DICOM "
        "input, as dicom (STL and segmentation; they hold the patient's name, as a PACS needs it).",
    ),
]
ReferenceOption = Annotated[
    Path | None,
    typer.Option(
        help="The same skull before it was damaged (mask, CT or model), where it is known: the report shows the "
        "deviation of the restored surface.",
        show_default=False,
    ),
]
SpacingOption = Annotated[
    str | None,
    typer.Option(
        metavar="I,J,K", help="Voxel size in mm, for an image whose header has none or a wrong one.", show_default=False
    ),
]
SpaceOption = Annotated[
    str | None,
    typer.Option(
        metavar="LPS|RAS|LAS|...",
        help="Directions in which the coordinates of an image or model increase, where its header does not say so or "
        "is wrong.",
        show_default=False,
    ),
]
NiftiAffineOption = Annotated[
    Literal["sform", "qform"] | None,
    typer.Option(
        help="Which part of a NIfTI header is right, where the two contradict each other.", show_default=False
    ),
]


@partial(with_settings, annotations={"device": DeviceOption})
def restore(
    context: typer.Context,
    source: SourceArgument,
    out: OutOption,
    settings: Settings,
    series: SeriesOption = None,
    also: AlsoOption = [],  # noqa: B006 - Typer wants a list
    reference: ReferenceOption = None,
    spacing: SpacingOption = None,
    space: SpaceOption = None,
    nifti_affine: NiftiAffineOption = None,
    force: ForceOption = False,
    keep_failed: KeepFailed = False,
) -> None:
    """Restore the skull in a head CT, a bone mask or a skull model, and design the implants.

    Example: [cyan]skullrestore restore head_ct --out restored --points 32 --thickness 5[/cyan]

    Writes skull.stl, restored_surface.stl, implant_1.stl ..., restored_bone.nrrd, restored_skull.nrrd, implant.nrrd,
    reference_points.mrk.json, restoration.json, report.html and case.npz. Meshes are in LPS millimetres, as 3D Slicer
    writes them.

    An implant that did not pass all its checks is withheld, with its parts and its mould; everything else is written.
    Exit codes: 0 when every defect has an implant that passed; 3 when one was withheld or could not be made; 4 when
    only the PDF or the DICOM objects could not be made; 2 when nothing was written because of the input or the options;
    1 for an error of the program.

    The implants of a finished result are designed again in seconds with [cyan]skullrestore implant[/cyan].
    """
    with console.exit_on_error(context):
        from SkullRestoreLib.io.image_header import HeaderOptions, parse_spacing
        from SkullRestoreLib.pipeline.process_case import InputOptions, process_case

        header = HeaderOptions(parse_spacing(spacing), None if space is None else space.strip().upper(), nifti_affine)
        with console.StepDisplay() as display:
            facts = display.follow_steps(
                process_case(
                    source,
                    out,
                    settings,
                    reading=InputOptions(series, header),
                    also=[kind.value for kind in also],
                    reference=reference,
                    force=force,
                    keep_failed=keep_failed,
                )
            )
        console.print_restoration(facts)
        typer.echo(f"Written to {out}; open {out / 'report.html'} in a browser.")
        console.exit_if_incomplete(facts)


def info(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `skullrestore restore` wrote.")],
) -> None:
    """Show the defects and implants of a finished restoration."""
    with console.exit_on_error(context):
        console.print_restoration(console.load_facts(folder))
