"""Restore real inputs with known truth and check every file with other programs: ``python benchmarks/acceptance.py DATA``.

DATA holds ``philips_phantom/`` and ``skullfix/``. Five SkullFix skulls that training never saw go in as mask and as simulated CT, one as STL, and
the real DICOM series with a hole carved into it. A Markdown table is printed; the exit code is 1 where a check fails.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import trimesh
from scipy.spatial import cKDTree

from SkullRestoreLib import export, mask, mesh, pipeline, pose, read, render, report, resources
from SkullRestoreLib.atlas import load_atlas
from SkullRestoreLib.case import Mesh, Settings, Volume
from SkullRestoreLib.clock import finish
from SkullRestoreLib.evaluation.metrics import overlap
from SkullRestoreLib.evaluation.simulate import carved, round_hole, simulate_ct


def write(source: Volume | Mesh, folder: Path) -> tuple[object, float]:
    """Restore and write as the command does; the restoration and its seconds."""
    began = time.perf_counter()
    made = finish(pipeline.restore(source, Settings()))
    export.write(made, folder, summary=report.summary(made), report_html=report.report_html(made, render.pictures(made)))
    return made, time.perf_counter() - began


def open_elsewhere(folder: Path, source: Volume | Mesh) -> list[str]:
    """Read every file with trimesh, SimpleITK and slicer-core's own readers; what is wrong."""
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


def clearances(made) -> list[str]:
    """Smallest distance of each implant from the bone's true surface, mm."""
    surface = mesh.surface(made.bone.field, made.bone.iso, made.bone.ijk_to_ras)
    tree = cKDTree(np.concatenate([surface.vertices, surface.vertices[surface.faces].mean(axis=1)]))
    found = []
    for body in made.implants:
        points, _ = trimesh.sample.sample_surface(trimesh.Trimesh(body.mesh.vertices, body.mesh.faces, process=False), 60_000, seed=0)
        found.append(f"{tree.query(points)[0].min():.2f}")
    return found


def cases(data: Path, names: list[str]):
    """Yield name, source, truth, defective bone and spacing."""
    for name in names:
        whole, piece = read.read(data / "skullfix/complete" / f"{name}.nrrd"), read.read(data / "skullfix/implant" / f"{name}.nrrd")
        holed = Volume(whole.array & ~piece.array, whole.ijk_to_ras, "mask")
        yield f"skullfix {name}, mask", holed, piece.array, holed.array, whole.spacing
        yield f"skullfix {name}, simulated CT", simulate_ct(holed), piece.array, holed.array, whole.spacing
        if name == names[0]:
            yield f"skullfix {name}, STL", mesh.decimate(mesh.surface(holed.array.view(np.uint8), 0.5, holed.ijk_to_ras)), None, None, None
    ct = read.read(data / "philips_phantom")
    bone = mask.segment(ct)
    frame = pose.find_pose(bone, load_atlas(resources.weights("shape.safetensors")).template).head_to_ras
    hole = round_hole(ct, frame[:3, 3], frame[:3, :3] @ [0.75, 0.2, 0.63], 35)
    yield "philips phantom, DICOM, carved", carved(ct, hole), bone.mask & hole, bone.mask & ~hole, ct.spacing


def main() -> int:
    """Run all cases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--names", default="002,017,037,053,073")
    parser.add_argument("--keep", type=Path, help="keep the results in this folder")
    options = parser.parse_args()
    failed = 0
    print("| case | defects (cm2, side, region) | DSC | bDSC | HD95 mm | clearance mm (1.0 asked) | s | peak MB | checks |")
    print("|---" * 9 + "|")
    with tempfile.TemporaryDirectory() as scratch:
        for name, source, truth, bone, spacing in cases(options.data, options.names.split(",")):
            folder = (options.keep or Path(scratch)) / name.replace(", ", "_").replace(" ", "_")
            made, seconds = write(source, folder)
            wrong = open_elsewhere(folder, source)
            figures = "| | | "
            if truth is not None:
                o = overlap(truth, made.restored_bone > 0, bone, spacing[::-1])
                figures = f"| {o.dsc:.3f} | {o.bdsc:.3f} | {o.hd95_mm:.2f} "
            defects = "; ".join(f"{d.area_cm2:.1f} {d.side} {d.region}" for d in made.defects)
            wrong += [] if made.defects else ["nothing restored"]
            failed += bool(wrong)
            row = f"| {name} | {defects} {figures}| {', '.join(clearances(made))} | {seconds:.1f} | {made.peak_memory_mb:.0f} | {'; '.join(wrong) or 'ok'} |"
            print(row, flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
