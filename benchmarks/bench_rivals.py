"""What a user would take instead of each step, on the same CT and the same number of threads; measured by ``bench.py``."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

FACES = 250_000  # of the skull's surface, as it is displayed
BRUTE_RAYS = 200
THRESHOLD_HU = 300.0


@dataclass(frozen=True)
class Rival:
    """One way to do a task. ``prepare(ct)`` is not measured and gives what ``work`` takes; ``work`` gives (scale, remark)."""

    task: str
    by: str
    prepare: Callable
    work: Callable

    def measure(self, ct, meter_class) -> dict:
        """Seconds and memory of the work; ``scale`` is by how much less was done than the task asks."""
        ready = self.prepare(ct)
        del ct
        meter = meter_class()
        scale, remark = self.work(ready)
        meter.takes("work")
        return {**meter.rows[0], "scale": scale, "remark": remark}


# --- bone and its surface


def _segment_ours(ct):
    from SkullRestoreLib import mask, mesh

    bone = mask.segment(ct)
    made = mesh.surface(bone.field, bone.iso, bone.ijk_to_ras)
    return 1, f"threshold found, table, metal and neck taken off; {len(made.faces) / 1e6:.1f} M triangles"


def _segment_itk(ct):
    import SimpleITK
    from skimage.measure import marching_cubes

    image = SimpleITK.GetImageFromArray(ct.array)
    parts = SimpleITK.RelabelComponent(SimpleITK.ConnectedComponent(image > THRESHOLD_HU), sortByObjectSize=True)
    kept = SimpleITK.GetArrayFromImage(SimpleITK.Mask(image, parts == 1, -1000))
    _vertices, faces, _normals, _values = marching_cubes(kept, THRESHOLD_HU)
    return 1, f"threshold of {THRESHOLD_HU:.0f} HU given, largest component, nothing taken off; {len(faces) / 1e6:.1f} M triangles"


# --- rays


def _seen(ct):
    from SkullRestoreLib import knowledge, pipeline
    from SkullRestoreLib.clock import Clock, finish
    from SkullRestoreLib.settings import Settings

    settings = Settings()
    return finish(pipeline.examine(ct, settings, knowledge.load(settings)[1], Clock())), settings


def _rays(ct):
    """Bone, head, and the skull's surface with the rays in its own coordinates."""
    from SkullRestoreLib import pipeline
    from SkullRestoreLib.grid import grid

    seen, _ = _seen(ct)
    directions = grid(6).directions @ seen.pose.head_to_ras[:3, :3].T
    return seen, pipeline.display_model(seen.bone), seen.pose.head_to_ras[:3, 3], directions


def _rays_ours(ready):
    from SkullRestoreLib import sample

    seen, _skull, _centre, directions = ready
    sample.trace(seen.bone, seen.pose, level=6)
    return 1, f"{len(directions)} rays, on the voxels: no surface is needed"


def _rays_and_tree(ct):
    import trimesh
    from trimesh.ray.ray_triangle import RayMeshIntersector

    _seen, skull, centre, directions = _rays(ct)
    tracer = RayMeshIntersector(trimesh.Trimesh(skull.vertices, skull.faces, process=False))
    _ = tracer.mesh.triangles_tree  # made once and kept
    return tracer, centre, directions


def _rays_trimesh(ready):
    tracer, centre, directions = ready
    chosen = directions[:: len(directions) // BRUTE_RAYS]
    tracer.intersects_location(np.broadcast_to(centre, chosen.shape), chosen)
    return len(directions) / len(chosen), f"{len(chosen)} rays measured, the rest reckoned; the tree is not counted"


def _rays_embree(ready):
    import trimesh
    from trimesh.ray.ray_pyembree import RayMeshIntersector

    _seen, skull, centre, directions = ready
    tracer = RayMeshIntersector(trimesh.Trimesh(skull.vertices, skull.faces, process=False))
    tracer.intersects_location(np.broadcast_to(centre, directions.shape), directions)
    return 1, f"{len(directions)} rays on {len(skull.faces)} triangles, tree included"


def _rays_vtk(ready):
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkIdList, vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData, vtkStaticCellLocator

    _seen, skull, centre, directions = ready
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
    from SkullRestoreLib import knowledge

    seen, settings = _seen(ct)
    path, atlas = knowledge.load(settings)
    return knowledge.network_from(path, settings), seen.radial, atlas.model


def _network_ours(ready):
    predict, radial, model = ready
    predict(radial, model)
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
        f"one forward pass, {parameters / 1e6:.1f} M random weights (16 to 256 channels); of the missing bone at {image.shape[4]} voxels across",
    )


# --- the surface over the hole


def _hole(ct):
    from SkullRestoreLib import defect, sample
    from SkullRestoreLib.network import to_level_of

    predict, radial, model = _network(ct)
    shell = to_level_of(predict(radial, model), 6)
    radial = sample.to_level(radial, 6)
    return shell, radial, defect.find_holes(shell, radial)


def _tie_ours(ready):
    from SkullRestoreLib import surface

    shell, radial, holes = ready
    tied = surface.tie_to_bone(shell, radial, [h.vertices for h in holes])
    return 1, f"both tables, {len(tied.ties[0].region)} vertices, factors kept for edits"


def _tie_scipy(ready):
    from scipy.interpolate import RBFInterpolator

    from SkullRestoreLib import surface
    from SkullRestoreLib.grid import grid

    shell, radial, holes = ready
    g = grid(6)
    missing = np.zeros(len(g), dtype=bool)
    missing[np.concatenate([h.vertices for h in holes])] = True
    region = g.grow(missing, surface.RING)
    inner, outer = radial.intervals[:, 0].T
    rim = np.flatnonzero(region & ~g.grow(missing, 1) & np.isfinite(outer))
    for table, predicted in ((outer, shell.outer), (inner, shell.inner)):
        gap = table[rim] - predicted[rim]
        RBFInterpolator(g.directions[rim], gap, kernel="thin_plate_spline", smoothing=1e-3)(g.directions[region])
    return 1, f"both tables, through {len(rim)} vertices of the ring, dense"


RIVALS = {
    "segment": Rival("bone and its surface", "SkullRestore", lambda ct: ct, _segment_ours),
    "segment itk": Rival("bone and its surface", "SimpleITK, scikit-image", lambda ct: ct, _segment_itk),
    "rays": Rival("rays", "SkullRestore", _rays, _rays_ours),
    "rays embree": Rival("rays", "trimesh with Embree", _rays, _rays_embree),
    "rays vtk": Rival("rays", "VTK static cell locator", _rays, _rays_vtk),
    "rays trimesh": Rival("rays", "trimesh without Embree", _rays_and_tree, _rays_trimesh),
    "network": Rival("network", "SkullRestore", _network, _network_ours),
    "unet 128": Rival("network", "3D U-Net, 128 x 128 x 64", lambda ct: _unet((64, 128, 128)), _forward),
    "unet 256": Rival("network", "3D U-Net, 256 x 256 x 128", lambda ct: _unet((128, 256, 256)), _forward),
    "tie": Rival("surface tied to the bone", "SkullRestore", _hole, _tie_ours),
    "tie scipy": Rival("surface tied to the bone", "thin-plate spline, scipy", _hole, _tie_scipy),
}
