"""Restore real inputs with known truth and check every file with other programs.

``python benchmarks/acceptance.py DATA``. DATA holds ``philips_phantom/`` and ``skullfix/``. Five SkullFix skulls that
were not trained on are restored as mask and as simulated CT, one as STL, and the real DICOM series with a hole carved
into it. A Markdown table is printed; the exit code is 1 if a check fails.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import trimesh
from scipy.spatial import cKDTree

from SkullRestoreLib import report
from SkullRestoreLib._system import resources
from SkullRestoreLib._system.progress import run_to_end
from SkullRestoreLib.evaluation.cases.synthetic_ct import carve_defect, cylinder_mask, simulate_ct
from SkullRestoreLib.geometry import surface_mesh
from SkullRestoreLib.geometry.decimation import decimate
from SkullRestoreLib.geometry.metrics import measure_overlap
from SkullRestoreLib.io import read
from SkullRestoreLib.io import write as export
from SkullRestoreLib.pipeline import steps
from SkullRestoreLib.pose import head_frame
from SkullRestoreLib.records import Mesh, Restoration, Settings, Volume
from SkullRestoreLib.report import render
from SkullRestoreLib.segmentation import bone_segmentation
from SkullRestoreLib.skull_model.atlas import load_atlas


def restore_and_write(source: Volume | Mesh, folder: Path) -> tuple[Restoration, float]:
    """Restore and write as the command does; return the restoration and the seconds."""
    began = time.perf_counter()
    restoration = run_to_end(steps.restore_steps(source, Settings()))
    export.write(
        restoration,
        folder,
        make_reports=lambda files: {
            "report.html": report.report_html(restoration, render.draw_views(restoration), files=files).encode()
        },
        summarise=lambda files: report.summarise_restoration(restoration, files=files),
    )
    return restoration, time.perf_counter() - began


def check_files_open(folder: Path, source: Volume | Mesh) -> list[str]:
    """Read every file with trimesh, SimpleITK and slicer-core's own readers, and list what is wrong."""
    import slicer

    wrong = []
    for path in sorted(folder.glob("*.stl")):
        body = trimesh.load(path)
        storage, node = slicer.vtkMRMLModelStorageNode(), slicer.vtkMRMLModelNode()
        storage.SetFileName(str(path))
        if not storage.ReadData(node) or node.GetPolyData().GetNumberOfPoints() == 0:
            wrong.append(f"{path.name} does not open in slicer-core")
        if path.name.startswith("implant") and not (body.is_watertight and body.is_volume):
            wrong.append(f"{path.name} is not a closed volume")
    for path in sorted(folder.glob("*.nrrd")):
        if sitk.GetArrayFromImage(sitk.ReadImage(str(path))).shape != source.array.shape:
            wrong.append(f"{path.name} is not on the input's grid")
    storage, node = slicer.vtkMRMLMarkupsJsonStorageNode(), slicer.vtkMRMLMarkupsFiducialNode()
    storage.SetFileName(str(folder / "reference_points.mrk.json"))
    if not storage.ReadData(node) or node.GetNumberOfControlPoints() == 0:
        wrong.append("the reference points do not open in slicer-core")
    json.loads((folder / "restoration.json").read_text())
    return wrong


def implant_clearances(restoration: Restoration) -> list[str]:
    """Measure the smallest distance of each implant from the bone's surface, mm."""
    surface = surface_mesh.extract_surface(restoration.bone.field, restoration.bone.iso, restoration.bone.ijk_to_ras)
    tree = cKDTree(np.concatenate([surface.vertices, surface.vertices[surface.faces].mean(axis=1)]))
    found = []
    for body in restoration.implants:
        points, _ = trimesh.sample.sample_surface(
            trimesh.Trimesh(body.mesh.vertices, body.mesh.faces, process=False), 60_000, seed=0
        )
        found.append(f"{tree.query(points)[0].min():.2f}")
    return found


def acceptance_cases(data: Path, names: list[str]) -> Iterator[tuple]:
    """Yield name, source, truth, defective bone and spacing."""
    for name in names:
        intact, piece = (
            read.read(data / "skullfix/complete" / f"{name}.nrrd"),
            read.read(data / "skullfix/implant" / f"{name}.nrrd"),
        )
        holed = Volume(intact.array & ~piece.array, intact.ijk_to_ras, "mask")
        yield f"skullfix {name}, mask", holed, piece.array, holed.array, intact.spacing
        yield f"skullfix {name}, simulated CT", simulate_ct(holed), piece.array, holed.array, intact.spacing
        if name == names[0]:
            yield (
                f"skullfix {name}, STL",
                decimate(surface_mesh.extract_surface(holed.array.view(np.uint8), 0.5, holed.ijk_to_ras)),
                None,
                None,
                None,
            )
    ct = read.read(data / "philips_phantom")
    bone = bone_segmentation.segment(ct)
    frame = head_frame.find_pose(bone, load_atlas(resources.weights_path("shape.safetensors")).template).head_to_ras
    hole = cylinder_mask(ct, frame[:3, 3], frame[:3, :3] @ [0.75, 0.2, 0.63], 35)
    yield "philips phantom, DICOM, carved", carve_defect(ct, hole), bone.mask & hole, bone.mask & ~hole, ct.spacing


def main() -> int:
    """Run all cases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--names", default="002,017,037,053,073")
    parser.add_argument("--keep", type=Path, help="keep the results in this folder")
    options = parser.parse_args()
    failed = 0
    print(
        "| case | defects (cm², side, region) | DSC | bDSC | HD95 mm | clearance mm (1.0 wanted) | s | peak MB "
        "| checks |"
    )
    print("|---" * 9 + "|")
    with tempfile.TemporaryDirectory() as scratch:
        for name, source, truth, bone, spacing in acceptance_cases(options.data, options.names.split(",")):
            folder = (options.keep or Path(scratch)) / name.replace(", ", "_").replace(" ", "_")
            restoration, seconds = restore_and_write(source, folder)
            wrong = check_files_open(folder, source)
            figures = "| | | "
            if truth is not None:
                o = measure_overlap(truth, restoration.restored_bone > 0, bone, spacing[::-1])
                figures = f"| {o.dsc:.3f} | {o.bdsc:.3f} | {o.hd95_mm:.2f} "
            defects = "; ".join(f"{d.area_cm2:.1f} {d.side} {d.region}" for d in restoration.defects)
            wrong += [] if restoration.defects else ["nothing restored"]
            wrong += [f"implant {number} withheld: {' '.join(why)}" for number, why in restoration.not_passed.items()]
            failed += bool(wrong)
            clearances, memory = ", ".join(implant_clearances(restoration)), restoration.peak_memory_mb
            cells = f"{clearances} | {seconds:.1f} | {memory:.0f} | {'; '.join(wrong) or 'ok'}"
            print(f"| {name} | {defects} {figures}| {cells} |", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
