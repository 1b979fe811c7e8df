"""Draw a picture of each step between the CT and the defects, for the page on the method: `make method-pictures`.

The head is synthetic; everything that is drawn comes from the library's own steps.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib import pyplot
from PIL import Image
from scipy.ndimage import map_coordinates

import SkullRestoreLib as sr
from SkullRestoreLib import phantom
from SkullRestoreLib._system.resources import weights_path
from SkullRestoreLib.affine import apply_affine, invert_affine
from SkullRestoreLib.geometry.icosphere import interpolate, spherical_grid
from SkullRestoreLib.skull_model import atlas

IMAGES = Path(__file__).parent / "img"
HALF_WIDTH_MM = 105.0
ANGLES = np.radians(np.arange(0.0, 360.0, 0.5))
TEAL, AMBER, RED = "#11808a", "#e8a33d", "#c8372f"


class HeadSlice:
    """A vertical plane through the head's centre and a defect: first axis towards the defect, second axis up."""

    def __init__(self, ct: sr.Volume, pose: sr.Pose, towards: np.ndarray) -> None:
        self.ct, self.pose = ct, pose
        across = np.array([towards[0], towards[1], 0.0])
        self.axes = np.stack([across / np.linalg.norm(across), [0.0, 0.0, 1.0]])
        self.directions = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1) @ self.axes

    def draw_ct(self, axes: pyplot.Axes) -> None:
        """Draw the CT in the plane, in a bone window."""
        steps = np.linspace(-HALF_WIDTH_MM, HALF_WIDTH_MM, 420)
        plane = np.stack(np.meshgrid(steps, steps), axis=-1) @ self.axes
        ijk = apply_affine(invert_affine(self.ct.ijk_to_ras), self.pose.to_ras(plane.reshape(-1, 3)))
        values = map_coordinates(self.ct.array, ijk[:, ::-1].T, order=1, cval=-1000).reshape(plane.shape[:2])
        edge = [-HALF_WIDTH_MM, HALF_WIDTH_MM] * 2
        axes.imshow(values, cmap="gray", vmin=-400, vmax=2000, origin="lower", extent=edge)
        axes.set(xlim=edge[:2], ylim=edge[:2], xticks=[], yticks=[])
        axes.plot([-95, -45], [-98, -98], color="white", lw=2)
        axes.text(-95, -94, "50 mm", color="white", fontsize=8)

    def curve(self, radii: np.ndarray) -> np.ndarray:
        """Points (k, 2), mm in the plane, of a surface given by distances (n,) along the grid's directions."""
        distance = interpolate(radii, self.directions)
        return distance[:, None] * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


def save_pair(name: str, draw_slice: Callable, draw_map: Callable | None = None, **bar: str) -> None:
    """Save a slice, and next to it a map of all directions with its colour bar."""
    figure = pyplot.figure(figsize=(10.5 if draw_map else 4.6, 4.4), layout="constrained")
    grid = figure.add_gridspec(1, 2 if draw_map else 1, width_ratios=[2, 3] if draw_map else None)
    draw_slice(figure.add_subplot(grid[0]))
    if draw_map is not None:
        axes = figure.add_subplot(grid[1], projection="mollweide")
        axes.set_xticks(np.radians([-90, 0, 90]), ["left", "front", "right"], fontsize=9)
        axes.set_yticks(np.radians([-45, 45]), ["down", "up"], fontsize=9)
        axes.grid(alpha=0.3)
        figure.colorbar(draw_map(axes), ax=axes, shrink=0.6, **bar)
    figure.savefig(IMAGES / f"{name}.png", dpi=110)
    pyplot.close(figure)
    with Image.open(IMAGES / f"{name}.png") as drawn:  # a third of the bytes
        drawn.convert("RGB").quantize(192).save(IMAGES / f"{name}.png", optimize=True)


def draw_values(axes: pyplot.Axes, level: int, values: np.ndarray, **style: object) -> object:
    """Draw one value for each direction of the grid on a map of the sphere, the front in its middle."""
    x, y, z = spherical_grid(level).directions.T
    return axes.scatter(np.arctan2(x, y), np.arcsin(np.clip(z, -1, 1)), c=values, s=5, lw=0, rasterized=True, **style)


def main() -> None:
    """Make a head, take its steps one at a time, and draw each."""
    steps = phantom.make_phantom(seed=0, slice_mm=1.0, matrix=256)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            ct, _ = end.value
            break
    bone = sr.segment(ct)
    pose = sr.find_pose(bone)
    rays = sr.trace_rays(bone, pose)
    tables = sr.predict(rays)
    defect = sr.find_defects(tables, rays, bone, pose)[0]
    head = HeadSlice(ct, pose, pose.to_head(defect.centre[None])[0])
    draw_frame(head)
    draw_rays(head, rays)
    draw_prediction(head, tables)
    draw_defect(head, tables, defect)
    print("Written: " + ", ".join(path.name for path in sorted(IMAGES.glob("method_*.png"))))


def draw_frame(head: HeadSlice) -> None:
    """Draw the head frame's axes and the template's outer table."""
    template = atlas.load_atlas(weights_path("shape.safetensors")).template

    def draw_slice(axes: pyplot.Axes) -> None:
        head.draw_ct(axes)
        axes.plot(*head.curve(template.outer).T, color=AMBER, lw=1.5, label="the template's outer table")
        for end, name in (((60, 0), "side"), ((0, 60), "z")):
            axes.annotate("", end, (0, 0), arrowprops={"arrowstyle": "->", "color": TEAL, "lw": 2})
            axes.text(end[0] * 1.08, end[1] * 1.08, name, color=TEAL, ha="center", va="center")
        axes.legend(loc="lower right", fontsize=8)

    save_pair("method_frame", draw_slice)


def draw_rays(head: HeadSlice, rays: sr.RayMap) -> None:
    """Draw some rays with their intervals of bone, and how far out each ray of the grid meets bone."""
    grid = spherical_grid(rays.level)
    shown = grid.nearest_vertices(head.directions[::10])

    def draw_slice(axes: pyplot.Axes) -> None:
        head.draw_ct(axes)
        for vertex in shown:
            flat = head.axes @ grid.directions[vertex]
            axes.plot(*np.outer(flat, [0, HALF_WIDTH_MM]), color="white", lw=0.4, alpha=0.5)
            for ends in rays.intervals[vertex]:
                axes.plot(*np.outer(flat, ends), color=AMBER, lw=2.5)

    def draw_map(axes: pyplot.Axes) -> object:
        return draw_values(axes, rays.level, np.nanmax(rays.intervals[:, :, 1], axis=1, initial=0), vmin=40, vmax=120)

    save_pair("method_rays", draw_slice, draw_map, label="outermost bone, mm from the centre")


def draw_prediction(head: HeadSlice, tables: sr.VaultTables) -> None:
    """Draw the predicted tables in the slice, and the standard error of the outer one."""

    def draw_slice(axes: pyplot.Axes) -> None:
        head.draw_ct(axes)
        for radii, colour, name in ((tables.outer, AMBER, "outer table"), (tables.inner, TEAL, "inner table")):
            radii = np.where(tables.vault, radii, np.nan)
            axes.plot(*head.curve(radii).T, color=colour, lw=1.5, label=f"predicted {name}")
        axes.legend(loc="lower right", fontsize=8)

    def draw_map(axes: pyplot.Axes) -> object:
        sigma = np.where(tables.vault, tables.outer_sigma, np.nan)
        return draw_values(axes, tables.level, sigma, cmap="viridis", vmin=0)

    save_pair("method_prediction", draw_slice, draw_map, label="standard error of the outer table, mm")


def draw_defect(head: HeadSlice, tables: sr.VaultTables, defect: sr.Defect) -> None:
    """Draw the directions of the defect, and the probability that the outer table is missing."""
    is_missing = np.zeros(len(tables.outer), bool)
    is_missing[defect.vertices] = True

    def draw_slice(axes: pyplot.Axes) -> None:
        head.draw_ct(axes)
        lost = is_missing[spherical_grid(tables.level).nearest_vertices(head.directions)]
        for part, colour, name in ((~lost & _is_vault(head, tables), TEAL, "bone is there"), (lost, RED, "missing")):
            points = np.where(part[:, None], head.curve(tables.outer), np.nan)
            axes.plot(*points.T, color=colour, lw=2, label=name)
        axes.legend(loc="lower right", fontsize=8)

    def draw_map(axes: pyplot.Axes) -> object:
        missing = np.where(tables.vault, tables.missing, np.nan)
        return draw_values(axes, tables.level, missing, cmap="magma", vmin=0, vmax=1)

    save_pair("method_defects", draw_slice, draw_map, label="probability that the outer table is missing")


def _is_vault(head: HeadSlice, tables: sr.VaultTables) -> np.ndarray:
    """Which directions of the slice are those of the vault."""
    return tables.vault[spherical_grid(tables.level).nearest_vertices(head.directions)]


if __name__ == "__main__":
    main()
