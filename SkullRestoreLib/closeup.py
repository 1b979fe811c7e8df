"""Pictures of one implant: from outside with the way in, from inside, a cut through it, its thickness, and how far the surface is from a reference.

They are made as those of :mod:`render` are, without OpenGL; the cut is read from the voxels themselves.
"""

from dataclasses import replace

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib import render
from SkullRestoreLib.case import Bone, Implant, Mesh, Patch, Restoration
from SkullRestoreLib.render import Camera, Layer

AROUND_MM = 16.0  # of skull shown around the implant
SHARP_DEG = 35.0  # edges sharper than this are shown sharp
BODY, ARROW, GREY = np.array([0.30, 0.68, 0.72]), np.array([0.82, 0.20, 0.10]), np.array([0.78, 0.78, 0.76])
THICKNESS = np.array([[0.27, 0.00, 0.33], [0.23, 0.32, 0.55], [0.13, 0.57, 0.55], [0.37, 0.79, 0.38], [0.99, 0.91, 0.14]])
"""Colours from thin to thick, even in brightness and safe for the colour-blind (after viridis)."""
DEVIATION = np.array([[0.13, 0.40, 0.67], [0.57, 0.77, 0.87], [0.97, 0.97, 0.97], [0.96, 0.65, 0.51], [0.70, 0.09, 0.17]])
"""Colours from too low over right to too high (after ColorBrewer's RdBu)."""


def closeups(
    restoration: Restoration, *, reference: Mesh | None = None, size: tuple[int, int] = (460, 400)
) -> dict[int, dict[str, np.ndarray]]:
    """Draw the pictures of every implant.

    Parameters
    ----------
    restoration
        Skull, implants and patches are used.
    reference
        The whole skull, mm RAS, where it is known.
    size
        Width and height of a picture, pixels.

    Returns
    -------
    dict of int to dict of str to np.ndarray
        Number of the defect -> name ("outside", "inside", "section", "thickness", "deviation") -> (height, width, 3) uint8.
    """
    made = {}
    for body in restoration.implants:
        patch = next((p for p in restoration.patches if p.defect == body.defect), None)
        if patch is not None and len(body.mesh.faces):
            made[body.defect] = _of_one(restoration, body, patch, reference, size)
    return made


def _of_one(restoration: Restoration, body: Implant, patch: Patch, reference: Mesh | None, size: tuple[int, int]) -> dict[str, np.ndarray]:
    to_head = restoration.pose.ras_to_head
    turn = to_head[:3, :3]
    outward = turn @ (
        -body.insertion if body.insertion is not None else patch.outer.vertices.mean(axis=0) - restoration.pose.head_to_ras[:3, 3]
    )
    outward = outward / np.linalg.norm(outward)
    straight = render.facing(outward, "straight")
    tilted = outward + 0.75 * straight.axes[1] - 0.4 * straight.axes[0]
    outside, inside = render.facing(tilted, "outside"), render.facing(-outward, "inside")
    skull = _part(restoration.skull, body.mesh, to_head)
    shape = _sharp(body.mesh, to_head, BODY)
    made = {}
    if body.insertion is not None:
        arrow = _arrow(body, to_head, outward)
        made["outside"] = _draw([*skull, shape, arrow], outside, size)
    else:
        made["outside"] = _draw([*skull, shape], outside, size)
    made["inside"] = _draw([*skull, shape], inside, size)
    made["section"] = section(restoration.bone, body, outward @ turn, size)
    if body.checks is not None and np.isfinite(body.checks.thickness_map).any():
        asked = body.checks.thickness_mm.median if body.checks.thickness_mm is not None else body.thickness_mm
        low, high = max(asked - 2.0, 0.0), asked + 2.0
        tint = _coloured(body.checks.thickness_map, low, high, THICKNESS)
        made["thickness"] = _map(_tinted(body.mesh, tint, to_head), straight, size, low, high, THICKNESS, "mm thick")
    if reference is not None:
        off = deviation(patch.outer.vertices, reference)
        tint = _coloured(off, -4.0, 4.0, DEVIATION)
        made["deviation"] = _map(_tinted(patch.outer, tint, to_head), straight, size, -4.0, 4.0, DEVIATION, "mm off")
    return made


def deviation(points: np.ndarray, reference: Mesh) -> np.ndarray:
    """Signed distance of points (n, 3) from a skull's outer table, mm, positive outside: (n,) float.

    Each point is measured against the plane of the reference's nearest triangle that looks the same way as the surface does there, so that an
    inner table or a diploic wall is not taken for the outer table.
    """
    near = ((reference.vertices > points.min(axis=0) - 15) & (reference.vertices < points.max(axis=0) + 15)).all(axis=1)
    corners = reference.vertices[reference.faces[near[reference.faces].all(axis=1)]]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    middle = points.mean(axis=0)
    spread = np.linalg.svd(points - middle, full_matrices=False)[2][2]
    head = reference.vertices.mean(axis=0)
    spread = spread if spread @ (middle - head) > 0 else -spread
    size = np.linalg.norm(normal, axis=1)
    outer = (normal @ spread > 0.2 * size) & (size > 0)
    if not outer.any():
        return np.full(len(points), np.nan)
    unit, at = normal[outer] / size[outer, None], corners[outer].mean(axis=1)
    nearest = cKDTree(at).query(points)[1]
    return ((points - at[nearest]) * unit[nearest]).sum(axis=1)


def off_the_skull(restoration: Restoration, reference: Mesh) -> float:
    """How far a reference lies from the reference points, which are on sound bone: median, mm. Large where it is another skull, or elsewhere."""
    points = np.array([point.position for point in restoration.points]).reshape(-1, 3)
    return float(np.median(cKDTree(reference.vertices).query(points)[0])) if len(points) and len(reference.vertices) else 0.0


def _draw(layers: list[Layer], camera: Camera, size: tuple[int, int]) -> np.ndarray:
    return render.draw(render.Scene(render.joined(layers), None, ()), camera, size=size)


def _part(skull: Mesh, body: Mesh, to_head: np.ndarray) -> list[Layer]:
    """The skull around a body, where there is any."""
    low, high = body.vertices.min(axis=0) - AROUND_MM, body.vertices.max(axis=0) + AROUND_MM
    box = np.flatnonzero(((skull.vertices > low) & (skull.vertices < high)).all(axis=1))
    near = np.zeros(len(skull.vertices), dtype=bool)
    near[box] = cKDTree(body.vertices).query(skull.vertices[box], distance_upper_bound=AROUND_MM)[0] < AROUND_MM
    # without the vertices that nothing uses: the picture is laid out around all of them
    kept = skull.faces[near[skull.faces].all(axis=1)]
    if not len(kept):
        return []
    used, faces = np.unique(kept, return_inverse=True)
    return [render.surface(Mesh(skull.vertices[used], faces.reshape(-1, 3)), to_head, render.IVORY)]


def _sharp(mesh: Mesh, to_head: np.ndarray, rgb: np.ndarray) -> Layer:
    """A body shown with its sharp edges: each triangle's corner takes the mean normal of the triangles there that look about the same way."""
    corners = mesh.vertices[mesh.faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    unit = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-30)
    # one class of triangles for each main direction: cheap, and good enough to keep walls and faces apart
    side = np.argmax(np.concatenate([unit, -unit], axis=1), axis=1)
    key = mesh.faces * 6 + side[:, None]
    used, number = np.unique(key, return_inverse=True)
    faces = number.reshape(-1, 3)
    total = np.stack([np.bincount(faces.ravel(), np.repeat(normal[:, k], 3), len(used)) for k in range(3)], axis=1)
    whole = np.stack([np.bincount(mesh.faces.ravel(), np.repeat(normal[:, k], 3), len(mesh.vertices)) for k in range(3)], axis=1)
    total, whole = (v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-30) for v in (total, whole[used // 6]))
    smooth = (total * whole).sum(axis=1) > np.cos(np.radians(SHARP_DEG))
    split = Mesh(mesh.vertices[used // 6], faces)
    layer = _tinted(split, np.tile(rgb, (len(used), 1)), to_head)
    normals = np.where(smooth[:, None], whole, total) @ to_head[:3, :3].T
    return replace(layer, normals=normals.astype(np.float32))


def _tinted(mesh: Mesh, rgb: np.ndarray, to_head: np.ndarray) -> Layer:
    return replace(render.surface(mesh, to_head, render.IVORY), tint=rgb.astype(np.float32))


def _arrow(body: Implant, to_head: np.ndarray, outward: np.ndarray) -> Layer:
    """An arrow along the way in, its tip a little above the outer face: head frame."""
    from trimesh.creation import cone, cylinder

    points = body.mesh.vertices @ to_head[:3, :3].T + to_head[:3, 3]
    middle = points.mean(axis=0)
    flat = np.linalg.norm(points - middle - ((points - middle) @ outward)[:, None] * outward, axis=1)
    top = (points[flat < max(np.percentile(flat, 10), 3.0)] @ outward).max() - middle @ outward + 4.0
    axes = np.linalg.qr(np.column_stack([outward, np.eye(3)[np.argmin(np.abs(outward))], np.eye(3)[np.argmax(np.abs(outward))]]))[0]
    axes = np.column_stack([axes[:, 1], axes[:, 2], outward])
    tip, shaft = cone(4.5, 12.0, sections=24), cylinder(1.6, 26.0, sections=20)
    parts = [(np.array([0, 0, 12.0]) - tip.vertices, tip.faces[:, ::-1]), (np.array([0, 0, 24.0]) + shaft.vertices, shaft.faces)]
    frame = np.eye(4)
    layers = [_tinted(Mesh(middle + top * outward + v @ axes.T, np.array(f)), np.tile(ARROW, (len(v), 1)), frame) for v, f in parts]
    return render.joined(layers)


def _coloured(values: np.ndarray, low: float, high: float, scale: np.ndarray) -> np.ndarray:
    """(n, 3) float: colours of values, grey where there is none."""
    at = np.clip((values - low) / (high - low), 0, 1) * (len(scale) - 1)
    rgb = np.stack([np.interp(np.nan_to_num(at), np.arange(len(scale)), scale[:, k]) for k in range(3)], axis=1)
    return np.where(np.isfinite(values)[:, None], rgb, GREY)


def _map(layer: Layer, camera: Camera, size: tuple[int, int], low: float, high: float, scale: np.ndarray, unit: str) -> np.ndarray:
    """Draw a coloured surface, with a bar of the colours beside it."""
    from PIL import Image, ImageDraw, ImageFont

    (width, height), text = size, max(10, size[1] // 32)
    beside = 34 + int(2.4 * text)  # the bar and its figures
    image = Image.new("RGB", size, "white")
    image.paste(Image.fromarray(_draw([layer], camera, (width - beside, height))))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size=text)
    left, top, tall, wide = width - 26, int(0.62 * height), int(0.26 * height), 12
    for row in range(tall):
        rgb = _coloured(np.array([high - (high - low) * row / (tall - 1)]), low, high, scale)[0]
        pen.line([(left, top + row), (left + wide, top + row)], tuple((255 * rgb).astype(int).tolist()))
    for part in (0.0, 0.5, 1.0):
        pen.text((left - 4, top + part * (tall - 1)), f"{high - part * (high - low):.1f}", (60, 70, 80), font, anchor="rm")
    pen.text((left + wide, top + tall + 10), unit, (60, 70, 80), font, anchor="rm")
    return np.asarray(image)


def section(bone: Bone, body: Implant, outward: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Draw a cut through the middle of a body along the way in, and its two ends enlarged below.

    Parameters
    ----------
    bone
        Its voxels are shown: grey values of a CT, the bone's border in any case.
    body
        Its outline is shown.
    outward
        (3,) float, unit, RAS: up in the picture.
    size
        Width and height, pixels.

    Returns
    -------
    np.ndarray
        (height, width, 3) uint8.
    """
    from PIL import Image

    middle = body.mesh.vertices.mean(axis=0)
    flat = body.mesh.vertices - middle
    flat = flat - (flat @ outward)[:, None] * outward
    across = np.linalg.eigh(np.cov(flat.T))[1][:, -1]
    lines = _cut_lines(body.mesh, middle, np.cross(across, outward))
    drawn = [np.column_stack([(line - middle) @ across, (line - middle) @ outward]) for line in lines]
    if not drawn:
        return np.full((size[1], size[0], 3), 255, dtype=np.uint8)
    points = np.concatenate(drawn)
    (left, low), (right, high) = points.min(axis=0), points.max(axis=0)
    width, height = size
    upper = int(0.5 * height)
    mm = max((right - left + 2 * AROUND_MM) / width, (high - low + 16) / upper)
    whole = _slice(bone, drawn, middle, across, outward, ((left + right) / 2, (low + high) / 2), mm, (width, upper))
    ends = [points[points[:, 0].argmin()], points[points[:, 0].argmax()]]
    half = (width // 2 - 2, height - upper - 4)
    close = [_slice(bone, drawn, middle, across, outward, end, 14.0 / half[0], half, bar=2.0) for end in ends]
    sheet = Image.new("RGB", size, "white")
    sheet.paste(Image.fromarray(whole), (0, 0))
    sheet.paste(Image.fromarray(close[0]), (0, upper + 4))
    sheet.paste(Image.fromarray(close[1]), (width - half[0], upper + 4))
    return np.asarray(sheet)


def _slice(bone, lines, middle, across, outward, at, mm: float, size: tuple[int, int], *, bar: float = 20.0) -> np.ndarray:
    """A window of the cut around a place (2,): (height, width, 3) uint8."""
    from PIL import Image, ImageDraw, ImageFont

    width, height = size
    x, y = np.meshgrid((np.arange(width) - width / 2) * mm + at[0], (height / 2 - np.arange(height)) * mm + at[1])
    ras = middle + x.reshape(-1, 1) * across + y.reshape(-1, 1) * outward
    to_ijk = np.linalg.inv(bone.ijk_to_ras)
    kji = (ras @ to_ijk[:3, :3].T + to_ijk[:3, 3])[:, ::-1].T
    value = ndimage.map_coordinates(bone.field, kji, order=1, output=np.float32, mode="constant", cval=float(bone.outside)).reshape(
        height, width
    )
    solid = value >= bone.iso
    grey = 0.93 - 0.35 * np.clip((value + 150) / 450, 0, 1) if bone.threshold_hu is not None else np.full(value.shape, 0.97)
    rgb = np.where(solid[..., None], np.array([0.87, 0.81, 0.67]), grey[..., None] * np.ones(3))
    image = Image.fromarray((255 * rgb).astype(np.uint8))
    fill = Image.new("L", size, 0)
    for line in lines:
        pixels = [((a - at[0]) / mm + width / 2, height / 2 - (b - at[1]) / mm) for a, b in line.tolist()]
        hole = Image.new("L", size, 0)
        ImageDraw.Draw(hole).polygon(pixels, fill=255)
        fill = Image.fromarray(np.asarray(fill) ^ np.asarray(hole))
        ImageDraw.Draw(image).line([*pixels, pixels[0]], (10, 70, 85), width=1)
    image.paste(Image.new("RGB", size, (90, 180, 190)), mask=Image.fromarray((np.asarray(fill) * 0.8).astype(np.uint8)))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size=11)
    pen.line([(8, height - 8), (8 + bar / mm, height - 8)], (60, 70, 80), width=2)
    pen.text((8, height - 11), f"{bar:g} mm", (60, 70, 80), font, anchor="lb")
    return np.asarray(image)


def _cut_lines(mesh: Mesh, origin: np.ndarray, normal: np.ndarray) -> list[np.ndarray]:
    """Closed lines (k, 3) in which a plane cuts a closed mesh."""
    height = (mesh.vertices - origin) @ normal
    height = np.where(np.abs(height) < 1e-9, 1e-9, height)
    faces = mesh.faces[np.isin((height[mesh.faces] > 0).sum(axis=1), (1, 2))]
    ends: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for a, b, c in faces.tolist():
        crossed = [tuple(sorted(e)) for e in ((a, b), (b, c), (c, a)) if (height[e[0]] > 0) != (height[e[1]] > 0)]
        ends.setdefault(crossed[0], []).append(crossed[1])
        ends.setdefault(crossed[1], []).append(crossed[0])

    def point(edge: tuple[int, int]) -> np.ndarray:
        p, q = edge
        part = height[p] / (height[p] - height[q])
        return mesh.vertices[p] + part * (mesh.vertices[q] - mesh.vertices[p])

    lines = []
    while ends:
        start = at = next(iter(ends))
        line = []
        while ends.get(at):
            line.append(point(at))
            following = ends[at].pop()
            ends[following].remove(at)
            if not ends[at]:
                del ends[at]
            at = following
            if at == start:
                break
        ends = {edge: to for edge, to in ends.items() if to}
        if len(line) > 2:
            lines.append(np.array(line))
    return lines
