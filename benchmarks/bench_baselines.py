"""Other tools for each step, on the same CT and the same number of threads; measured by ``bench.py``.

Those with ``install`` are no requirement of the project: where they are not installed they are left out of the table,
and a line below it names them. ``pip install --target FOLDER`` and ``PYTHONPATH=FOLDER`` keep them out of the
environment.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np

FACES = 250_000  # of the skull's surface, as it is displayed
BRUTE_RAYS = 200
THRESHOLD_HU = 300.0


@dataclass(frozen=True)
class BaselineTool:
    """One way to do a task.

    ``prepare(ct)`` is not measured and makes the input of ``work``; ``work`` returns (scale, remark).
    """

    task: str
    by: str
    prepare: Callable[[Any], Any]
    work: Callable[[Any], tuple[float, str]]
    install: str = ""  # what pip installs; empty for what the project requires anyway

    def measure(self, ct: Any, meter_class: Any) -> dict[str, Any]:
        """Measure seconds and memory of the work; ``scale`` is the ratio of the task to the work that was done."""
        ready = self.prepare(ct)
        del ct
        meter = meter_class()
        scale, remark = self.work(ready)
        meter.end_step("work")
        return {**meter.rows[0], "scale": scale, "remark": remark}


# --- bone and its surface


def _segment_ours(ct):
    from SkullRestoreLib.geometry import surface_mesh
    from SkullRestoreLib.segmentation import bone_segmentation

    bone = bone_segmentation.segment(ct)
    surface = surface_mesh.extract_surface(bone.field, bone.iso, bone.ijk_to_ras)
    return 1, f"threshold found, table, metal and neck removed; {len(surface.faces) / 1e6:.1f} M triangles"


def _segment_itk(ct):
    import SimpleITK
    from skimage.measure import marching_cubes

    image = SimpleITK.GetImageFromArray(ct.array)
    parts = SimpleITK.RelabelComponent(SimpleITK.ConnectedComponent(image > THRESHOLD_HU), sortByObjectSize=True)
    kept = SimpleITK.GetArrayFromImage(SimpleITK.Mask(image, parts == 1, -1000))
    _vertices, faces, _normals, _values = marching_cubes(kept, THRESHOLD_HU)
    return (
        1,
        f"threshold of {THRESHOLD_HU:.0f} HU given, largest component, nothing removed; "
        f"{len(faces) / 1e6:.1f} M triangles",
    )


# --- rays


def _analyse(ct):
    from SkullRestoreLib._system.progress import StepTimer, run_to_end
    from SkullRestoreLib.pipeline import steps
    from SkullRestoreLib.prediction import models
    from SkullRestoreLib.settings import Settings

    settings = Settings()
    return run_to_end(
        steps.segment_and_analyse(ct, settings, models.find_weights_and_atlas(settings)[1], StepTimer())
    ), settings


def _rays(ct):
    """Analysed head, the skull's surface, and centre and directions of the rays in its coordinates."""
    from SkullRestoreLib.geometry.icosphere import spherical_grid
    from SkullRestoreLib.pipeline import head_steps

    analysis, _ = _analyse(ct)
    directions = spherical_grid(6).directions @ analysis.pose.head_to_ras[:3, :3].T
    return analysis, head_steps.display_model(analysis.bone), analysis.pose.head_to_ras[:3, 3], directions


def _rays_ours(ready):
    from SkullRestoreLib.prediction import ray_tracing

    analysis, _skull, _centre, directions = ready
    ray_tracing.trace_rays(analysis.bone, analysis.pose, level=6)
    return 1, f"{len(directions)} rays, on the voxels: no surface is needed"


def _rays_and_tree(ct):
    import trimesh
    from trimesh.ray.ray_triangle import RayMeshIntersector

    _analysis, skull, centre, directions = _rays(ct)
    tracer = RayMeshIntersector(trimesh.Trimesh(skull.vertices, skull.faces, process=False))
    _ = tracer.mesh.triangles_tree  # made once and kept
    return tracer, centre, directions


def _rays_trimesh(ready):
    tracer, centre, directions = ready
    chosen = directions[:: len(directions) // BRUTE_RAYS]
    tracer.intersects_location(np.broadcast_to(centre, chosen.shape), chosen)
    return len(directions) / len(chosen), f"{len(chosen)} rays measured and scaled up; the tree is not counted"


def _rays_embree(ready):
    import trimesh
    from trimesh.ray.ray_pyembree import RayMeshIntersector

    _analysis, skull, centre, directions = ready
    tracer = RayMeshIntersector(trimesh.Trimesh(skull.vertices, skull.faces, process=False))
    tracer.intersects_location(np.broadcast_to(centre, directions.shape), directions)
    return 1, f"{len(directions)} rays on {len(skull.faces)} triangles, tree included"


def _rays_vtk(ready):
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkIdList, vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData, vtkStaticCellLocator

    _analysis, skull, centre, directions = ready
    locator, points, cells = vtkStaticCellLocator(), vtkPoints(), vtkIdList()
    surface, corners, triangles = vtkPolyData(), vtkPoints(), vtkCellArray()
    corners.SetData(numpy_to_vtk(skull.vertices, deep=True))
    triangles.SetData(3, numpy_to_vtkIdTypeArray(skull.faces.astype(np.int64).ravel(), deep=True))
    surface.SetPoints(corners)
    surface.SetPolys(triangles)
    locator.SetDataSet(surface)
    locator.BuildLocator()
    for direction in directions:
        locator.IntersectWithLine(centre, centre + 132 * direction, 1e-6, points, cells)
    return 1, f"{len(directions)} rays on {len(skull.faces)} triangles, tree included, a Python loop"


# --- network


def _network(ct):
    from SkullRestoreLib.prediction import models

    analysis, settings = _analyse(ct)
    path, atlas = models.find_weights_and_atlas(settings)
    return models.load_predictor(path, settings), analysis.rays, atlas.model


def _network_ours(ready):
    predict, rays, model = ready
    predict(rays, model)
    return 1, "weights read, kriging, all views, both tables with their errors"


def _unet(shape):
    import torch
    from torch import nn

    torch.set_num_threads(os.cpu_count() or 1)

    def block(before, after):
        layers = []
        for c in (before, after):
            layers += [nn.Conv3d(c, after, 3, padding=1), nn.InstanceNorm3d(after), nn.ReLU(inplace=True)]
        return nn.Sequential(*layers)

    class UNet(nn.Module):
        def __init__(self, width=16, levels=5):
            super().__init__()
            widths = [width * 2**n for n in range(levels)]
            self.down = nn.ModuleList(block(a, b) for a, b in zip([1, *widths], widths, strict=False))
            self.up = nn.ModuleList(nn.ConvTranspose3d(b, a, 2, 2) for a, b in pairwise(widths))
            self.join = nn.ModuleList(block(2 * a, a) for a in widths[:-1])
            self.out = nn.Conv3d(width, 1, 1)

        def forward(self, x):
            kept = []
            for n, down in enumerate(self.down):
                x = down(x if n == 0 else nn.functional.max_pool3d(x, 2))
                kept.append(x)
            for n in reversed(range(len(self.up))):
                x = self.join[n](torch.cat([kept[n], self.up[n](x)], dim=1))
            return self.out(x)

    return UNet().eval(), torch.zeros(1, 1, *shape)


def _forward(ready):
    import torch

    network, image = ready
    with torch.inference_mode():
        network(image)
    parameters = sum(p.numel() for p in network.parameters())
    return (
        1,
        f"one forward pass, {parameters / 1e6:.1f} M random weights (16 to 256 channels); "
        f"predicts the missing bone at {image.shape[4]} voxels across",
    )


# --- the surface over the hole


def _hole(ct):
    from SkullRestoreLib.defects import detect
    from SkullRestoreLib.prediction import ray_tracing
    from SkullRestoreLib.prediction.tables_on_grid import tables_at_level

    predict, rays, model = _network(ct)
    tables = tables_at_level(predict(rays, model), 6)
    rays = ray_tracing.rays_at_level(rays, 6)
    return tables, rays, detect.find_defect_regions(tables, rays)


def _fit_ours(ready):
    from SkullRestoreLib.defects import thin_plate

    tables, rays, holes = ready
    fitted = thin_plate.fit_to_bone(tables, rays, [h.vertices for h in holes])
    return 1, f"both tables, {len(fitted.systems[0].region)} vertices, factors kept for edits"


def _fit_scipy(ready):
    from scipy.interpolate import RBFInterpolator

    from SkullRestoreLib.geometry.icosphere import spherical_grid
    from SkullRestoreLib.method_parameters import METHOD

    tables, rays, holes = ready
    grid = spherical_grid(6)
    missing = np.zeros(len(grid), dtype=bool)
    missing[np.concatenate([h.vertices for h in holes])] = True
    region = grid.grow_region(missing, METHOD.fit.fit_rings)
    inner, outer = rays.intervals[:, 0].T
    rim = np.flatnonzero(region & ~grid.grow_region(missing, 1) & np.isfinite(outer))
    for table, predicted in ((outer, tables.outer), (inner, tables.inner)):
        gap = table[rim] - predicted[rim]
        RBFInterpolator(grid.directions[rim], gap, kernel="thin_plate_spline", smoothing=1e-3)(grid.directions[region])
    return 1, f"both tables, through {len(rim)} vertices of the ring, dense"


# --- what a network sees


INPUT_MM, TOTALSEGMENTATOR_MM = 1.0, 1.5
"""Voxels that are asked of nnU-Net and MONAI, and TotalSegmentator's own."""
HU_RANGE = (-1000.0, 2000.0)


def _shape_text(shape):
    return " × ".join(str(n) for n in shape)


def _input_ours(ct):
    analysis, _ = _analyse(ct)
    return 1, f"{len(analysis.rays.intervals)} rays; bone segmented and head frame found for it, no voxel resampled"


def _input_nnunet(ct):
    from nnunetv2.preprocessing.preprocessors.default_preprocessor import DefaultPreprocessor
    from nnunetv2.preprocessing.resampling.default_resampling import resample_data_or_seg_to_shape

    options = {"order_z": 0, "force_separate_z": None}  # as its planner chooses them
    intensities = {"mean": 500.0, "std": 400.0, "percentile_00_5": HU_RANGE[0], "percentile_99_5": HU_RANGE[1]}
    plans = SimpleNamespace(transpose_forward=[0, 1, 2], foreground_intensity_properties_per_channel={"0": intensities})
    configuration = SimpleNamespace(
        spacing=[INPUT_MM] * 3,
        normalization_schemes=["CTNormalization"],
        use_mask_for_norm=[False],
        resampling_fn_data=partial(resample_data_or_seg_to_shape, is_seg=False, order=3, **options),
        resampling_fn_seg=partial(resample_data_or_seg_to_shape, is_seg=True, order=1, **options),
    )
    spacing = np.linalg.norm(ct.ijk_to_ras[:3, :3], axis=0)[::-1].tolist()
    data, _seg, _properties = DefaultPreprocessor(verbose=False).run_case_npy(
        ct.array[None], None, {"spacing": spacing}, plans, configuration, {}
    )
    return 1, f"cropped, normalised and resampled (cubic) to {INPUT_MM:g} mm: {_shape_text(data.shape[:0:-1])} voxels"


def _input_monai(ct):
    import torch
    from monai.data import MetaTensor
    from monai.transforms import Compose, CropForegroundd, Orientationd, ScaleIntensityRanged, Spacingd

    torch.set_num_threads(os.cpu_count() or 1)
    keys = ["image"]
    scale = {"a_min": HU_RANGE[0], "a_max": HU_RANGE[1], "b_min": 0.0, "b_max": 1.0, "clip": True}
    prepare = Compose(
        [
            Orientationd(keys=keys, axcodes="RAS", labels=None),
            Spacingd(keys=keys, pixdim=(INPUT_MM,) * 3, mode="bilinear"),
            ScaleIntensityRanged(keys=keys, **scale),
            CropForegroundd(keys=keys, source_key="image"),
        ]
    )
    image = MetaTensor(torch.from_numpy(ct.array.T[None].astype(np.float32)), affine=torch.from_numpy(ct.ijk_to_ras))
    shape = prepare({"image": image})["image"].shape[1:]
    return 1, f"turned, resampled (linear) to {INPUT_MM:g} mm, scaled and cropped: {_shape_text(shape)} voxels"


def _input_totalsegmentator(ct):
    import nibabel
    from totalsegmentator.resampling import change_spacing

    image = nibabel.Nifti1Image(np.ascontiguousarray(ct.array.T), ct.ijk_to_ras)
    small = change_spacing(image, TOTALSEGMENTATOR_MM, order=3, dtype=np.int32)
    return 1, f"resampled (cubic) to {TOTALSEGMENTATOR_MM:g} mm, nothing else: {_shape_text(small.shape)} voxels"


# --- the drawn skull


def _bone(ct):
    from SkullRestoreLib.segmentation import bone_segmentation

    return bone_segmentation.segment(ct)


def _drawn_ours(bone):
    from SkullRestoreLib.pipeline import head_steps

    return 1, f"{len(head_steps.display_model(bone).faces)} triangles, from averaged voxels, no triangle cuts another"


def _drawn_pyvista(bone):
    import pyvista

    image = pyvista.ImageData(dimensions=bone.field.shape[::-1])
    image.point_data["field"] = bone.field.ravel()
    surface = image.contour([bone.iso], method="flying_edges")
    drawn = surface.decimate(1 - FACES / surface.n_cells)
    return 1, f"{drawn.n_cells} triangles of {surface.n_cells / 1e6:.1f} M, in voxel coordinates, cuts not looked for"


def _drawn_libigl(bone):
    import igl

    from SkullRestoreLib.geometry import surface_mesh

    surface = surface_mesh.extract_surface(bone.field, bone.iso, bone.ijk_to_ras)
    vertices, faces = np.asfortranarray(surface.vertices, float), np.asfortranarray(surface.faces, np.int32)
    return 1, f"{len(igl.qslim(vertices, faces, FACES)[1])} triangles of {len(faces) / 1e6:.1f} M, cuts not looked for"


# --- distances to a surface


def _distances(ct):
    """The drawn skull, and points up to some millimetres from it on both sides."""
    from SkullRestoreLib.pipeline import head_steps

    skull = head_steps.display_model(_bone(ct))
    offsets = np.random.default_rng(0).normal(0, 2.0, skull.vertices.shape)
    return skull, skull.vertices + offsets


def _distances_ours(ready):
    from SkullRestoreLib.geometry.mesh_distance import DistanceQuery

    skull, points = ready
    DistanceQuery(skull).signed_distances(points)
    return 1, f"{len(points)} points to {len(skull.faces)} triangles, with VTK's implicit distance, tree included"


def _distances_libigl(ready):
    import igl

    skull, points = ready
    igl.signed_distance(points, skull.vertices.astype(float), skull.faces.astype(np.int64))
    return 1, f"{len(points)} points to {len(skull.faces)} triangles, sign by pseudonormals, tree included"


BASELINES = {
    "segment": BaselineTool("bone and its surface", "SkullRestore", lambda ct: ct, _segment_ours),
    "segment itk": BaselineTool("bone and its surface", "SimpleITK, scikit-image", lambda ct: ct, _segment_itk),
    "rays": BaselineTool("rays", "SkullRestore", _rays, _rays_ours),
    "rays embree": BaselineTool("rays", "trimesh with Embree", _rays, _rays_embree),
    "rays vtk": BaselineTool("rays", "VTK static cell locator", _rays, _rays_vtk),
    "rays trimesh": BaselineTool("rays", "trimesh without Embree", _rays_and_tree, _rays_trimesh),
    "network": BaselineTool("network", "SkullRestore", _network, _network_ours),
    "unet 128": BaselineTool("network", "3D U-Net, 128 × 128 × 64", lambda ct: _unet((64, 128, 128)), _forward),
    "unet 256": BaselineTool("network", "3D U-Net, 256 × 256 × 128", lambda ct: _unet((128, 256, 256)), _forward),
    "tie": BaselineTool("surface fitted to the bone", "SkullRestore", _hole, _fit_ours),
    "tie scipy": BaselineTool("surface fitted to the bone", "thin-plate spline, scipy", _hole, _fit_scipy),
    "input": BaselineTool("input of the network", "SkullRestore", lambda ct: ct, _input_ours),
    "input nnunet": BaselineTool(
        "input of the network", "nnU-Net's preprocessing", lambda ct: ct, _input_nnunet, "nnunetv2"
    ),
    "input monai": BaselineTool("input of the network", "MONAI's transforms", lambda ct: ct, _input_monai, "monai"),
    "input totalsegmentator": BaselineTool(
        "input of the network",
        "TotalSegmentator's resampling",
        lambda ct: ct,
        _input_totalsegmentator,
        "TotalSegmentator",
    ),
    "drawn": BaselineTool("drawn skull", "SkullRestore", _bone, _drawn_ours),
    "drawn pyvista": BaselineTool("drawn skull", "PyVista", _bone, _drawn_pyvista, "pyvista"),
    "drawn libigl": BaselineTool("drawn skull", "libigl's qslim", _bone, _drawn_libigl, "libigl"),
    "distance": BaselineTool("distances to a surface", "SkullRestore", _distances, _distances_ours),
    "distance libigl": BaselineTool("distances to a surface", "libigl", _distances, _distances_libigl, "libigl"),
}
