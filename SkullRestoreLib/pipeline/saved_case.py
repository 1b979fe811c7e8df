"""Keep what a redesign needs next to a result, and make an editable restoration from it again.

The network is not run and nothing is segmented: the bone, the head frame and the predicted tables are stored, the rest
(rays, defects, the surface fitted to the bone) is computed from them in seconds (decision 0096).
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib._system import memory
from SkullRestoreLib._system.progress import Progress, StepTimer, peak_memory_mb
from SkullRestoreLib.affine import voxel_spacing
from SkullRestoreLib.defects.partial_volume import has_thick_slices
from SkullRestoreLib.defects.patch import with_number
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry.block_sums import block_maxima
from SkullRestoreLib.geometry.icosphere import level_from_count, vertex_count
from SkullRestoreLib.io import case_file
from SkullRestoreLib.pipeline import head_steps, plain_values
from SkullRestoreLib.pipeline.added_defect import add_defect
from SkullRestoreLib.pipeline.editable import EditableRestoration, HeadBeforeCut
from SkullRestoreLib.pipeline.results import DefectOpening, DetectedDefects, HeadAnalysis
from SkullRestoreLib.prediction.features import NETWORK_LEVEL
from SkullRestoreLib.records import Bone, Mesh, Pose, ReferencePoint, SkinMap, VaultObject, VaultTables, Volume
from SkullRestoreLib.settings import Direction, Settings

CASE_FILE = "case.npz"
"""Name of the file in the folder of a result."""
BLOCK_VOXELS = 3
"""The field is kept exactly in blocks of this size: those with bone, those next to them, and those over a defect."""
AROUND_DEFECT_MM = 4.0
"""How far over and under a defect's surface the field is kept exactly: the defect's border is measured there."""
AIR_BELOW_HU, SOFT_TISSUE_HU = -300, 0
"""Elsewhere the field has two values, for air and for soft tissue, which pack to almost nothing; only pictures show
it."""
AROUND_BONE_MM = 15.0
"""What is farther from all bone is not kept: it is air and skin, in no picture of the skull."""
MAX_UNIT_ERROR = 1e-6
"""A stored direction is of unit length to this."""
_TABLES = ("outer", "inner", "outer_sigma", "inner_sigma", "missing")


def encode_restoration(restoration: EditableRestoration) -> bytes:
    """Pack what is needed to redesign the implants of a restoration.

    Parameters
    ----------
    restoration
        As it is: points moved or not. Its implants are designed again after loading.

    Returns
    -------
    bytes
        Content of ``case.npz``. It holds voxels of bone and what is around it, and what the report says of the scan,
        but no name, number or path.
    """
    bone, source, detected = restoration.bone, restoration.source, restoration.detected
    scan = source.scan if isinstance(source, Volume) else None
    field, corner, fill = _pack_field(bone, (*detected.openings, *detected.small_openings))
    tables = detected.fitted_surface.predicted_tables
    settings = asdict(restoration.settings)
    # A path may identify somebody.
    settings["weights"] = PurePath(settings["weights"].replace("\\", "/")).name if settings["weights"] else None
    values = {
        "kind": source.kind if isinstance(source, Volume) else "model",
        "series_uid": source.uid if isinstance(source, Volume) else None,
        "side_known": bone.side_known,
        "scan": None if scan is None else plain_values.scan_values(scan, with_date=restoration.settings.scan_date),
        "iso": bone.iso,
        "threshold_hu": bone.threshold_hu,
        "shape": list(bone.field.shape),
        "corner": corner,
        "fill": fill,
        "pose": plain_values.pose_values(detected.analysis.pose),
        **plain_values.finding_values(detected.analysis.findings),
        "settings": settings,
        "level": tables.level,
        "defects": [
            {"number": opening.patch.defect, "vertices": opening.defect_region.vertices.tolist()}
            for opening in detected.openings
        ],
        "points": [plain_values.point_values(point) for point in restoration.points],
        "placed_points": [plain_values.point_values(point) for point in detected.points],
        "objects": [plain_values.object_values(found) for found in detected.analysis.objects],
        "trim_lines": [line.tolist() for line in restoration.trim_lines],
        "insertion_directions": _insertion_values(restoration),
        "weights_sha256": restoration.weights_sha256,
        "revision": restoration.revision,
    }
    arrays = {name: getattr(tables, name) for name in _TABLES} | {
        "vault": tables.vault,
        "ijk_to_ras": bone.ijk_to_ras,
        "field": field,
        "skull_vertices": restoration.skull.vertices.astype(np.float32),
        "skull_faces": restoration.skull.faces.astype(np.int32),
    }
    for found in detected.analysis.objects:
        arrays[f"object_{found.number}_vertices"] = found.model.vertices.astype(np.float32)
        arrays[f"object_{found.number}_faces"] = found.model.faces.astype(np.int32)
    if bone.metal is not None:
        arrays["metal"] = np.packbits(bone.metal)
    if detected.analysis.unseen is not None:
        arrays["unseen"] = np.packbits(detected.analysis.unseen)
    if (skin := detected.analysis.skin) is not None:
        arrays["skin"] = np.nan_to_num(skin.radius)  # 0 where none was found: a case holds numbers only
    if isinstance(source, Mesh):
        arrays |= {"model_vertices": source.vertices, "model_faces": source.faces.astype(np.int32)}
    if restoration.before_cut is not None:
        openings = (*detected.openings, *detected.small_openings)
        values["before_cut"], more = _encode_before_cut(restoration.before_cut, bone, openings)
        arrays |= more
    return case_file.encode_case(values, arrays)


def load_steps(folder: Path) -> Generator[Progress, None, EditableRestoration]:
    """Make an editable restoration from a result.

    Parameters
    ----------
    folder
        Of the result.

    Yields
    ------
    tuple of str and float
        Step, and part of the work that is done.

    Returns
    -------
    EditableRestoration
        As it was written, without implants: they are designed again.

    Raises
    ------
    InputError
        If the folder holds no case, or one that is damaged or of another version.
    NotEnoughMemoryError
        If the head is too large for the free memory.
    """
    yield "read the case", 0.0
    path = folder.expanduser() / CASE_FILE
    values, arrays = case_file.read_case(path)
    try:
        case = _CaseReader(values, arrays)
        bone, source, pose = case.read_bone(), case.read_source(), plain_values.pose_from(values["pose"])
        predicted, settings = case.read_tables(values), plain_values.settings_from(values["settings"])
        placed = tuple(plain_values.point_from(point) for point in values["placed_points"])
        points = tuple(plain_values.point_from(point) for point in values["points"])
        case.check_frames_and_points(pose, (*placed, *points))
        defects = {int(each["number"]): case.read_vertices(each["vertices"]) for each in values["defects"]}
        trim_lines = tuple(_checked(np.array(line, dtype=np.float64), (None, 3)) for line in values["trim_lines"])
        directions = _insertion_directions_from(values.get("insertion_directions", {}))  # not in earlier results
        skull = case.read_mesh("skull")
        objects = case.read_objects()
        unseen = case.read_unseen(max(settings.level, NETWORK_LEVEL))
        before_cut, skin = case.read_before_cut(bone), case.read_skin()
        findings, revision = plain_values.findings_from(values), int(values["revision"])
        weights_sha256 = str(values["weights_sha256"])
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise case_file.damaged_case(path) from error
    read_bone = bone if before_cut is None else before_cut.bone
    if isinstance(source, Volume):
        source = replace(source, array=read_bone.field if source.kind == "ct" else read_bone.mask)
    clock = StepTimer()
    analysis = yield from analyse_stored_bone(bone, pose, findings, settings, clock)
    analysis = replace(analysis, unseen=unseen, objects=objects, skin=skin)
    detected = yield from head_steps.detect_defects(analysis, predicted, settings, clock)
    detected = yield from _with_stored_defects(detected, defects, settings)
    detected = _with_stored_points(detected, placed, points, path)
    yield clock.start_step("restore the surface", 0.8)
    restoration = EditableRestoration.from_parts(
        source,
        detected,
        points,
        skull=skull,
        settings=settings,
        weights_sha256=weights_sha256,
        seconds=clock.seconds,
    )
    clock.stop_step()
    return replace(
        restoration,
        trim_lines=trim_lines,
        insertion_directions=directions,
        before_cut=before_cut,
        revision=revision,
        peak_memory_mb=peak_memory_mb(),
    )


def _insertion_values(restoration: EditableRestoration) -> dict[str, list[float]]:
    """The insertion directions of the implants, and of an earlier design where there is no implant, to store."""
    stored = {str(number): list(direction) for number, direction in restoration.insertion_directions.items()}
    for body in restoration.implants:
        if body.insertion_direction is not None:
            stored[str(body.defect)] = body.insertion_direction.tolist()
    return stored


def _insertion_directions_from(values: dict[str, list[float]]) -> dict[int, Direction]:
    """Stored insertion directions, by the number of the defect; ValueError where one is none."""
    directions: dict[int, Direction] = {}
    for number, direction in values.items():
        right, front, up = _checked(np.array(direction, dtype=np.float64), (3,)).tolist()
        if abs(np.linalg.norm(direction) - 1) > MAX_UNIT_ERROR:
            raise ValueError("no direction")
        directions[int(number)] = (right, front, up)
    return directions


def analyse_stored_bone(
    bone: Bone, pose: Pose, findings: tuple[str, ...], settings: Settings, clock: StepTimer
) -> Generator[Progress, None, HeadAnalysis]:
    """Trace the rays of bone whose head frame is known.

    Parameters
    ----------
    bone, pose, settings, clock
        As for :func:`SkullRestoreLib.pipeline.head_steps.analyse_head`.
    findings
        What was noticed when the input was read and segmented; those of ``bone`` and ``pose`` are among them.

    Yields
    ------
    tuple of str and float
        Step, and part of the work that is done.

    Returns
    -------
    HeadAnalysis
    """
    analysis = yield from head_steps.analyse_head(bone, settings, None, clock, pose=pose)
    return replace(analysis, findings=findings)


def _with_stored_defects(
    detected: DetectedDefects, stored: Mapping[int, NDArray[np.int64]], settings: Settings
) -> Generator[Progress, None, DetectedDefects]:
    """The stored defects: those that the user switched off are left out, those that the user added are added again."""
    found = {opening.patch.defect: opening for opening in detected.openings}
    kept = {
        number: found[number]
        for number, vertices in stored.items()
        if number in found and np.array_equal(found[number].defect_region.vertices, vertices)
    }
    extended = detected
    for number, vertices in stored.items():
        if number not in kept:
            extended, opening = yield from add_defect(extended, vertices, settings)
            kept[number] = replace(opening, patch=with_number(opening.patch, number))
    return replace(extended, openings=tuple(kept[number] for number in stored))


def _with_stored_points(
    detected: DetectedDefects, placed: Sequence[ReferencePoint], points: Sequence[ReferencePoint], path: Path
) -> DetectedDefects:
    """The defects with the points that the program had placed; they must be those that were stored."""
    numbers = {opening.patch.defect for opening in detected.openings}
    if [p.defect for p in placed] != [p.defect for p in points] or not {p.defect for p in placed} <= numbers:
        raise InputError(
            f"The defects found now are not those of '{path.name}', which another version of SkullRestore has written; "
            "restore the skull again."
        )
    return replace(detected, points=tuple(placed))


class _CaseReader:
    """Records from the content of a case file; ValueError and its kin where something does not fit."""

    def __init__(self, values: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        self._values, self._arrays = values, arrays
        self._shape = tuple(int(n) for n in values["shape"])
        if len(self._shape) != 3 or min(self._shape) < 2:
            raise ValueError("no volume")
        self._ijk_to_ras = _checked(arrays["ijk_to_ras"], (4, 4), "f")
        _check_affine(self._ijk_to_ras)

    def read_bone(self) -> Bone:
        """The bone on the input's grid."""
        values, part = self._values, _checked(self._arrays["field"], (None, None, None), "iu")
        if part.dtype not in (np.int16, np.uint8):
            raise ValueError("no field")
        corner, fill, iso = [int(n) for n in values["corner"]], int(values["fill"]), float(values["iso"])
        ends = [a + n for a, n in zip(corner, part.shape, strict=True)]
        if min(corner) < 0 or any(a > b for a, b in zip(ends, self._shape, strict=True)) or not fill < iso:
            raise ValueError("beyond the grid")
        voxels = int(np.prod(self._shape, dtype=object))
        if voxels > case_file.MAX_CONTENT_BYTES:
            raise ValueError("too large")
        memory.check_memory(voxels, voxel_spacing(self._ijk_to_ras), held_bytes=part.nbytes)
        field = np.full(self._shape, fill, dtype=part.dtype)
        field[tuple(slice(a, b) for a, b in zip(corner, ends, strict=True))] = part
        mask = field >= iso
        if not mask.any():
            raise ValueError("no bone")
        threshold = values["threshold_hu"]
        return Bone(
            field,
            iso,
            mask,
            self._ijk_to_ras,
            metal=self._read_metal(voxels),
            threshold_hu=None if threshold is None else float(threshold),
            side_known=bool(values["side_known"]),
        )

    def _read_metal(self, voxels: int) -> NDArray[np.bool_] | None:
        """Metal on the input's grid; None where there is none."""
        if "metal" not in self._arrays:
            return None
        packed = _checked(self._arrays["metal"], (-(-voxels // 8),), "u")
        return np.unpackbits(packed, count=voxels).reshape(self._shape).astype(bool)

    def read_unseen(self, level: int) -> NDArray[np.bool_] | None:
        """Directions of the grid in which bone has no say; None where all of it counts."""
        if "unseen" not in self._arrays:
            return None
        count = vertex_count(level)
        packed = _checked(self._arrays["unseen"], (-(-count // 8),), "u")
        return np.unpackbits(packed, count=count).astype(bool)

    def read_skin(self) -> SkinMap | None:
        """The skin; None for a mask or a model, and in earlier results."""
        if "skin" not in self._arrays:
            return None
        radius = _checked(self._arrays["skin"], (None,), "f").astype(np.float32)
        return SkinMap(level_from_count(len(radius)), np.where(radius > 0, radius, np.float32(np.nan)))

    def read_source(self) -> Volume | Mesh:
        """The input; a volume is without its voxels, which are those of the bone."""
        kind, side_known, uid = self._values["kind"], bool(self._values["side_known"]), self._values["series_uid"]
        if kind == "model":
            return replace(self.read_mesh("model"), side_known=side_known)
        if kind not in ("ct", "mask") or not isinstance(uid, str | None):
            raise ValueError("no kind of input")
        scan = plain_values.scan_from(self._values.get("scan"))  # earlier results do not hold it
        return Volume(np.zeros((0, 0, 0), bool), self._ijk_to_ras, kind, uid=uid, side_known=side_known, scan=scan)

    def read_mesh(self, name: str) -> Mesh:
        """A mesh, mm RAS."""
        vertices = _checked(self._arrays[f"{name}_vertices"], (None, 3), "f").astype(np.float64)
        faces = _checked(self._arrays[f"{name}_faces"], (None, 3), "i").astype(np.int64)
        if len(faces) and not 0 <= faces.min() <= faces.max() < len(vertices):
            raise ValueError("triangles without vertices")
        return Mesh(vertices, faces)

    def read_objects(self) -> tuple[VaultObject, ...]:
        """What was in the holes; earlier results do not hold it."""
        found = [plain_values.object_from(each) for each in self._values.get("objects", ())]
        return tuple(replace(each, model=self.read_mesh(f"object_{each.number}")) for each in found)

    def read_vertices(self, numbers: Sequence[int]) -> NDArray[np.int64]:
        """Numbers of grid vertices, (v,)."""
        vertices = _checked(np.array(numbers), (None,), "i").astype(np.int64)
        if not len(vertices) or not 0 <= vertices.min() <= vertices.max() < vertex_count(int(self._values["level"])):
            raise ValueError("no vertices")
        return vertices

    def read_tables(self, values: Mapping[str, Any], prefix: str = "") -> VaultTables:
        """The predicted tables; with a prefix those of the head before a planned cut."""
        level = int(values["level"])
        if not 0 <= level <= 8:
            raise ValueError("no level")
        count = vertex_count(level)
        tables = {name: _checked(self._arrays[prefix + name], (count,), "f").astype(np.float64) for name in _TABLES}
        return VaultTables(level, **tables, vault=_checked(self._arrays[f"{prefix}vault"], (count,), "b"))

    def read_before_cut(self, cut: Bone) -> HeadBeforeCut | None:
        """The head before a planned cut; None where the opening is not a planned one, and in earlier results."""
        values = self._values.get("before_cut")
        if values is None:
            return None
        at = _checked(self._arrays["cut_at"], (None,), "i")
        removed = _checked(self._arrays["cut_field"], (len(at),), "i")
        if len(at) and not 0 <= at.min() <= at.max() < cut.field.size:
            raise ValueError("beyond the grid")
        memory.check_memory(cut.field.size, voxel_spacing(cut.ijk_to_ras), held_bytes=cut.field.nbytes)
        field, iso = cut.field.copy(), float(values["iso"])
        field.reshape(-1)[at] = removed.astype(field.dtype)
        if values["is_mask"]:
            field = (field >= cut.iso).astype(np.uint8)
        threshold = values["threshold_hu"]
        bone = replace(
            cut,
            field=field,
            iso=iso,
            mask=field >= iso,
            threshold_hu=None if threshold is None else float(threshold),
        )
        return HeadBeforeCut(bone, self.read_tables(values, "uncut_"), dict(values["plan"]))

    def check_frames_and_points(self, pose: Pose, points: Sequence[ReferencePoint]) -> None:
        """Check the head frame and the reference points."""
        _check_affine(_checked(pose.ras_to_head, (4, 4), "f"))
        for point in points:
            _checked(point.position, (3,), "f")
            _checked(point.normal, (3,), "f")
            if not 0 <= float(point.confidence) <= 1 or int(point.defect) < 1:
                raise ValueError("no point")


def _checked(array: NDArray[Any], shape: tuple[int | None, ...], kinds: str = "f") -> NDArray[Any]:
    """The array, if it has this shape (None: any length), one of these kinds, and only finite values."""
    fits = array.ndim == len(shape) and all(n in (None, m) for n, m in zip(shape, array.shape, strict=True))
    if not fits or array.dtype.kind not in kinds or (array.dtype.kind == "f" and not np.isfinite(array).all()):
        raise ValueError("of another kind")
    return array


def _check_affine(matrix: NDArray[np.float64]) -> None:
    """ValueError where a matrix (4, 4) does not take space to space."""
    if not np.allclose(matrix[3], [0, 0, 0, 1]) or not 1e-6 < abs(np.linalg.det(matrix[:3, :3])) < 1e6:
        raise ValueError("no frame")


def _pack_field(bone: Bone, openings: Sequence[DefectOpening]) -> tuple[NDArray[Any], list[int], int]:
    """The field to store: the part of it that has bone, its first voxel (k, j, i), and the value elsewhere."""
    fill = int(bone.field.min())
    near = _blocks_with(bone.mask)
    spacing_kji = voxel_spacing(bone.ijk_to_ras)[::-1]
    around = _grow_blocks(near, np.ceil(AROUND_BONE_MM / (BLOCK_VOXELS * spacing_kji)).astype(int))
    first, last = (
        np.array([np.flatnonzero(around.any(axis=_other_axes(a)))[end] for a in range(3)]) for end in (0, -1)
    )
    first, last = first * BLOCK_VOXELS, np.minimum((last + 1) * BLOCK_VOXELS, bone.field.shape)
    box = tuple(slice(a, b) for a, b in zip(first.tolist(), last.tolist(), strict=True))
    if bone.field.dtype == np.uint8 or has_thick_slices(bone):  # thick slices are compared with what is around bone
        return bone.field[box], first.tolist(), fill
    exact = _grow_blocks(near, np.ones(3, int)) | _blocks_at_defects(bone, openings, spacing_kji)
    packed = bone.field[box].copy()
    soft = np.int16(min(SOFT_TISSUE_HU, np.ceil(bone.iso) - 1))
    for k in range(len(packed)):
        rows = exact[(first[0] + k) // BLOCK_VOXELS]
        is_exact = rows.repeat(BLOCK_VOXELS, axis=0).repeat(BLOCK_VOXELS, axis=1)[box[1], box[2]]
        coarse = np.where(packed[k] < AIR_BELOW_HU, np.int16(fill), soft)
        packed[k] = np.where(is_exact, packed[k], coarse)
    return packed, first.tolist(), fill


def _encode_before_cut(
    before: HeadBeforeCut, cut: Bone, openings: Sequence[DefectOpening]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Values and arrays of the head before a planned cut."""
    values = {
        "plan": dict(before.plan),
        "level": before.tables.level,
        "iso": before.bone.iso,
        "threshold_hu": before.bone.threshold_hu,
        "is_mask": before.bone.field.dtype == np.uint8,
    }
    tables = {f"uncut_{name}": getattr(before.tables, name) for name in (*_TABLES, "vault")}
    return values, tables | _pack_cut_voxels(before.bone, cut, openings)


def _pack_cut_voxels(uncut: Bone, cut: Bone, openings: Sequence[DefectOpening]) -> dict[str, NDArray[Any]]:
    """Where the stored field of the bone before a planned cut differs from that after it, and its values there."""
    if uncut.field.dtype == np.uint8:  # the cut made a field of a mask
        uncut = replace(uncut, field=uncut.mask * np.int16(2 * cut.iso), iso=cut.iso)
    parts = [_pack_field(bone, openings) for bone in (uncut, cut)]
    first = np.minimum(parts[0][1], parts[1][1])
    last = np.maximum(*(np.add(corner, part.shape) for part, corner, _ in parts))
    before, after = (
        np.pad(
            part,
            [(c - a, b - c - n) for a, b, c, n in zip(first, last, corner, part.shape, strict=True)],
            constant_values=fill,
        )
        for part, corner, fill in parts
    )
    differs = np.flatnonzero(before != after)
    kji = np.array(np.unravel_index(differs, before.shape)) + first[:, None]
    at = np.asarray(np.ravel_multi_index(tuple(kji), cut.field.shape), dtype=np.int64)
    return {"cut_at": at, "cut_field": before.reshape(-1)[differs].astype(np.int16)}


def _other_axes(axis: int) -> tuple[int, ...]:
    return tuple(a for a in range(3) if a != axis)


def _blocks_with(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which blocks have a voxel of the mask."""
    for axis in range(3):
        mask = np.moveaxis(block_maxima(np.moveaxis(mask, axis, 0), BLOCK_VOXELS), 0, axis)
    return mask


def _grow_blocks(blocks: NDArray[np.bool_], rings: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The blocks and those around them, along k, j and i."""
    return ndimage.maximum_filter(blocks, size=tuple(2 * rings + 1), mode="constant")


def _blocks_at_defects(
    bone: Bone, openings: Sequence[DefectOpening], spacing_kji: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """The blocks over and under the surface of defects, as it was fitted to the bone."""
    blocks = np.zeros([-(-n // BLOCK_VOXELS) for n in bone.field.shape], dtype=bool)
    for opening in openings:
        patch = opening.patch
        outer, inner = patch.wide_outer.vertices, patch.wide_inner
        for part in np.linspace(0, 1, 4):
            kji = np.rint(bone.to_ijk(outer + part * (inner - outer))[:, ::-1]).astype(int)
            kji = kji[((kji >= 0) & (kji < bone.field.shape)).all(axis=1)] // BLOCK_VOXELS
            blocks[tuple(kji.T)] = True
    return _grow_blocks(blocks, np.ceil(AROUND_DEFECT_MM / (BLOCK_VOXELS * spacing_kji)).astype(int))
