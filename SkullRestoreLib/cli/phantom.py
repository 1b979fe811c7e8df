"""The command `phantom`: make a synthetic head CT with a hole in the skull."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from SkullRestoreLib.cli import console
from SkullRestoreLib.cli.options import ForceOption, OutOption

DefectPlace = Literal[
    "frontal",
    "parietal",
    "temporal",
    "low-temporal",
    "occipital",
    "fronto-orbital",
    "bifrontal",
    "frontotemporoparietal",
]


def phantom(
    context: typer.Context,
    out: OutOption,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same head.")] = 0,
    size: Annotated[
        float, typer.Option(min=2, max=16, help="Width of the hole; of a round one with the same area. \\[cm]")
    ] = 8.0,
    place: Annotated[DefectPlace, typer.Option(help="Where the hole is.")] = "frontotemporoparietal",
    bilateral: Annotated[bool, typer.Option("--bilateral", help="A second hole on the other side.")] = False,
    metal: Annotated[bool, typer.Option("--metal", help="Plates and clips with their streaks.")] = False,
    slice_mm: Annotated[float, typer.Option("--slice", min=0.5, max=5, help="Distance between slices. \\[mm]")] = 1.0,
    noise_hu: Annotated[float, typer.Option("--noise", min=0, max=100, help="Noise of the scan. \\[HU]")] = 15.0,
    force: ForceOption = False,
) -> None:
    """Make a synthetic head CT with a hole in the skull, as DICOM, and the same head intact as the truth.

    Example: [cyan]skullrestore phantom --out sample --seed 7 --place parietal --bilateral[/cyan]

    Writes ct/*.dcm, truth/intact.nrrd (HU), truth/missing_bone.nrrd (voxel = number of the hole) and phantom.json. The
    same options make the same files.
    """
    with console.exit_on_error(context):
        from SkullRestoreLib import phantom as head
        from SkullRestoreLib.io import output_folder

        def write(folder: Path) -> None:
            head.write_phantom(
                folder,
                seed=seed,
                size_cm=size,
                place=place,
                bilateral=bilateral,
                metal=metal,
                slice_mm=slice_mm,
                noise_hu=noise_hu,
            )

        with console.StepDisplay() as display:
            display.start_step("make a head")
            output_folder.publish_folder(
                out, write, marker="phantom.json", is_result_file=head.is_phantom_file, force=force
            )
        typer.echo(f"Written to {out}; restore it with: skullrestore restore {out} --out restored")
