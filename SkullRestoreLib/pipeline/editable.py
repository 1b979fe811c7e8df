"""A restoration whose reference points can be moved: positions in, a restoration with its surface through them out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from SkullRestoreLib._system.progress import StepTimer, run_to_end
from SkullRestoreLib.affine import apply_affine, invert_affine
from SkullRestoreLib.defects import reference_points
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry.icosphere import interpolate
from SkullRestoreLib.implant.patch_geometry import KeptGeometry
from SkullRestoreLib.pipeline import head_steps
from SkullRestoreLib.pipeline.plausible_shapes import PlausibleShape, make_plausible_shapes
from SkullRestoreLib.pipeline.results import DetectedDefects, review_notes
from SkullRestoreLib.pipeline.surface import missing_bone_labels, restore_surface
from SkullRestoreLib.records import Bone, DefectPatch, Mesh, ReferencePoint, Restoration, Settings, VaultTables, Volume
from SkullRestoreLib.segmentation import bone_segmentation
from SkullRestoreLib.settings import Direction

MAX_HEIGHT_CHANGE_MM = 30.0
"""A point further than this over or under the surface fitted to the bone is taken for a mistake, such as LPS in place
of RAS."""
MAX_MISS_MM = 0.01
"""The surface counts as passing through a moved point within this; only points that contradict each other miss it."""
MAX_CARRY_MM = 15.0
"""A moved point is carried over to the points of an edited mask where one of those was placed this near to it."""
MAX_SHIFT_MM = 10.0
"""A defect of an edited mask whose middle is this near to that of an earlier one is the same defect."""
MIN_COMMON_BONE = 0.5
"""An edited mask has at least this part of the bone; with less it is another skull, or it is somewhere else."""
_OUTSIDE_MASK = 2
"""Stands for voxels that an edited mask does not reach; the bone stays as it is there."""


@dataclass(frozen=True, eq=False)
class HeadBeforeCut:
    """The head before a planned cut, and the plan: what is kept so that the plan can be taken up again."""

    bone: Bone
    tables: VaultTables  # predicted for it
    plan: Mapping[str, Any]  # plain values of SkullRestoreLib.planning.saved_plan.SavedPlan


@dataclass(frozen=True, eq=False, repr=False)
class EditableRestoration(Restoration):
    """What :func:`SkullRestoreLib.restore` returns: a restoration whose points can be moved.

    The surface is kept factorised, so that moving points needs no new inference.

    Attributes
    ----------
    detected
        The defects as they were found, with the reference points as the program placed them.
    trim_lines
        Lines drawn by the user at which implants end, each (k, 3) mm RAS; none where the program draws them.
    insertion_directions
        Insertion directions of an earlier design, by the number of the defect: the next design keeps them.
    before_cut
        Where the opening is a planned one; None for a defect.
    kept_geometry
        What designs of implants found on the restored surfaces; the next design needs less time.

    Examples
    --------
    >>> [defect.number for defect in result.defects], len(result.points) > 0
    ([1], True)
    """

    detected: DetectedDefects = field(kw_only=True)
    trim_lines: tuple[NDArray[np.float64], ...] = field(default=(), kw_only=True)
    insertion_directions: Mapping[int, Direction] = field(default_factory=dict, kw_only=True)
    before_cut: HeadBeforeCut | None = field(default=None, kw_only=True)
    kept_geometry: KeptGeometry = field(default_factory=KeptGeometry, kw_only=True)

    @classmethod
    def from_parts(
        cls,
        source: Volume | Mesh,
        detected: DetectedDefects,
        points: Sequence[ReferencePoint],
        *,
        skull: Mesh,
        settings: Settings,
        weights_sha256: str,
        seconds: dict[str, float],
    ) -> Self:
        """Restore the surface over detected defects.

        Parameters
        ----------
        source
            The input.
        detected
            The defects, and the surface fitted to the bone.
        points
            Reference points of all defects, moved or not.
        skull
            For display, mm RAS.
        settings
            With which everything was made.
        weights_sha256
            Of the network that predicted.
        seconds
            Step name to seconds.

        Returns
        -------
        EditableRestoration
            Without implants.
        """
        surface = restore_surface(detected, points, fullness=settings.fullness)
        bone, pose, parameters = detected.analysis.bone, detected.analysis.pose, detected.analysis.parameters
        notes = (*detected.analysis.findings, *review_notes(surface.defects, points, settings))
        labels = None
        if isinstance(source, Volume):
            labels = missing_bone_labels(
                surface.patches, surface.vault_tables, bone, pose, parameters=parameters.missing_bone
            )
        return cls(
            bone=bone,
            source=source,
            pose=pose,
            vault_tables=surface.vault_tables,
            skull=skull,
            defects=surface.defects,
            small_defects=surface.small_defects,
            points=surface.points,
            patches=surface.patches,
            implants=(),
            restored_bone=labels,
            implant_mask=None,
            settings=settings,
            weights_sha256=weights_sha256,
            findings=tuple(dict.fromkeys(notes)),
            objects=detected.analysis.objects,
            seconds=seconds,
            detected=detected,
        )

    def __repr__(self) -> str:
        counted = [
            f"{len(items)} {word}{'' if len(items) == 1 else 's'}"
            for items, word in ((self.defects, "defect"), (self.points, "reference point"), (self.implants, "implant"))
        ]
        return f"<Restoration: {', '.join(counted)}>"

    def with_points(self, positions: Mapping[int, ArrayLike]) -> "EditableRestoration":
        """Move reference points; the restored surface passes exactly through them.

        Implants were designed on the surface before, so they are dropped: design them again.

        Parameters
        ----------
        positions
            Index in ``points``, from 0, to the new position: (3,) mm RAS. The original position undoes a move.

        Returns
        -------
        EditableRestoration
            A new restoration; this one is not changed.

        Raises
        ------
        InputError
            If there is no point of that index, or the surface cannot pass through a position.

        Examples
        --------
        >>> moved = result.points[3].position + 2.0 * result.points[3].normal
        >>> edited = result.with_points({3: moved})
        >>> edited.points[3].moved
        True
        >>> bool((edited.points[3].position == moved).all())
        True
        """
        points = self._moved_points(positions)
        edited = self._restored_again(self.detected, points)
        self._check_passes_through(points, positions, edited.vault_tables.outer)
        return edited

    def with_fullness(self, fullness: float) -> "EditableRestoration":
        """Make the restored surface fuller or flatter; it passes through the same reference points.

        Implants were designed on the surface before, so they are dropped: design them again.

        Parameters
        ----------
        fullness
            -2 to 2, in standard deviations of what the sound bone leaves open; 0 is the most likely surface. How many
            heads are flatter says :func:`SkullRestoreLib.settings.flatter_share`.

        Returns
        -------
        EditableRestoration
            A new restoration; this one is not changed.

        Raises
        ------
        InputError
            If the fullness is out of range.

        Examples
        --------
        >>> fuller = result.with_fullness(1.0)
        >>> bool((fuller.vault_tables.outer >= result.vault_tables.outer - 0.1).all())
        True
        """
        try:
            settings = self.settings.with_changes(fullness=fullness)
        except ValueError as error:
            raise InputError(str(error)) from error
        return replace(self, settings=settings)._restored_again(self.detected, self.points)

    def plausible_shapes(self, count: int = 3) -> tuple[PlausibleShape, ...]:
        """Make surfaces that the sound bone allows, each of which is as probable as the others.

        They pass through the same reference points, moved or not. One of them becomes the restored surface by
        :meth:`with_fullness`.

        Parameters
        ----------
        count
            1 to 20; of three, a flatter, the most likely and a fuller one.

        Returns
        -------
        tuple of PlausibleShape
            The flattest first.

        Raises
        ------
        InputError
            If ``count`` is not from 1 to 20.

        Examples
        --------
        >>> result.plausible_shapes(3)[2]
        <PlausibleShape: fullness +0.97, 83 % of heads are flatter>
        """
        return make_plausible_shapes(self.detected, self.points, count)

    def with_mask(self, mask: Volume) -> "EditableRestoration":
        """Edit the bone; the defects are found again with the prediction that there is, without the network.

        Points that were moved stay where they are if a point is placed near there again; the other points are placed
        anew. Implants are dropped: design them again.

        Parameters
        ----------
        mask
            All bone as a mask, on any grid. Beyond its grid the bone stays as it is, and where it agrees with the bone
            the surface stays as fine as it was.

        Returns
        -------
        EditableRestoration
            A new restoration; this one is not changed.

        Raises
        ------
        InputError
            If it is no mask, its side is not known, or it is not the bone of this head.

        Examples
        --------
        >>> mask = sr.Volume(result.bone.mask.copy(), result.bone.ijk_to_ras, "mask")
        >>> result.with_mask(mask).defects[0].area_cm2 == result.defects[0].area_cm2
        True
        """
        bone = bone_segmentation.with_edited_mask(self.bone, _mask_on_grid(mask, self.bone))
        clock = StepTimer()
        before = self.detected.analysis
        findings = (*before.findings, *(note for note in bone.findings if note not in before.findings))
        traced = run_to_end(head_steps.analyse_head(bone, self.settings, None, clock, pose=self.pose))
        predicted = self.detected.fitted_surface.predicted_tables
        analysis = replace(traced, findings=findings, unseen=before.unseen, skin=before.skin)
        detected = run_to_end(head_steps.detect_defects(analysis, predicted, self.settings, clock))
        edited = replace(self, bone=bone, skull=head_steps.display_model(bone))._restored_again(
            detected, detected.points
        )
        return edited._with_carried_points(self)

    def _with_carried_points(self, before: "EditableRestoration") -> "EditableRestoration":
        """Move the points to where the user had moved those of the restoration before."""
        placed = np.array([point.position for point in self.points]).reshape(-1, 3)
        positions: dict[int, NDArray[np.float64]] = {}
        lost = []
        for label, home, point in zip(point_labels(before.points), before.detected.points, before.points, strict=True):
            if not point.moved:
                continue
            away = np.linalg.norm(placed - home.position, axis=1)
            away[list(positions)] = np.inf
            if away.min(initial=np.inf) <= MAX_CARRY_MM:
                positions[int(away.argmin())] = point.position
            else:
                lost.append(f"Point {label}, which was moved, is not at a margin of the edited bone; it was left out.")
        edited = self.with_points(positions) if positions else self
        return replace(edited, findings=(*edited.findings, *lost))

    def _restored_again(self, detected: DetectedDefects, points: Sequence[ReferencePoint]) -> "EditableRestoration":
        """Restore the surface over these defects and through these points."""
        restored = EditableRestoration.from_parts(
            self.source,
            detected,
            points,
            skull=self.skull,
            settings=self.settings,
            weights_sha256=self.weights_sha256,
            seconds=self.seconds,
        )
        return replace(
            restored,
            trim_lines=self.trim_lines,
            insertion_directions=self._directions_at(restored.patches),
            before_cut=self.before_cut,
            revision=self.revision,
            revised_from=self.revised_from,
            changed=self.changed,
            peak_memory_mb=self.peak_memory_mb,
        )

    def _directions_at(self, patches: Sequence[DefectPatch]) -> dict[int, Direction]:
        """The insertion directions for patches of which each is where one of this restoration was."""
        centres = {patch.defect: patch.outer.vertices.mean(axis=0) for patch in self.patches}
        return {
            patch.defect: direction
            for patch in patches
            for number, direction in self.insertion_directions.items()
            if number in centres and np.linalg.norm(patch.outer.vertices.mean(axis=0) - centres[number]) <= MAX_SHIFT_MM
        }

    def _moved_points(self, positions: Mapping[int, ArrayLike]) -> list[ReferencePoint]:
        """All points, those at ``positions`` moved."""
        points = list(self.points)
        for index, position in positions.items():
            place = _checked_position(index, position, len(points))
            original = self.detected.points[index]
            if np.array_equal(place, original.position):
                points[index] = original
                continue
            self._check_reach(index, place)
            _, normals, confidence = reference_points.snap_user_points(
                place,
                self.detected.fitted_surface.vault_tables,
                self.bone,
                self.pose,
                snap=False,
                parameters=self.detected.analysis.parameters.points,
            )
            points[index] = replace(
                points[index], position=place, normal=normals[0], confidence=float(confidence[0]), moved=True
            )
        return points

    def _point_name(self, index: int) -> str:
        """Index and label of a point, as programs and files know it."""
        return f"{index} ({point_labels(self.points)[index]})"

    def _check_reach(self, index: int, position: NDArray[np.float64]) -> None:
        """Refuse a position at which the surface is not fitted."""
        surface = self.detected.fitted_surface
        in_head = apply_affine(self.pose.ras_to_head, position[None])
        if not surface.covers(in_head)[0]:
            raise InputError(
                f"The new position of point {self._point_name(index)} is not at a defect. Keep points over a defect or "
                "within about a centimetre of its margin; positions are in mm RAS."
            )
        height = float(np.linalg.norm(in_head[0]) - interpolate(surface.vault_tables.outer, in_head)[0])
        if abs(height) > MAX_HEIGHT_CHANGE_MM:
            raise InputError(
                f"The new position of point {self._point_name(index)} is {abs(height):.0f} mm "
                f"{'above' if height > 0 else 'below'} the restored surface. Keep points within "
                f"{MAX_HEIGHT_CHANGE_MM:g} mm of it; positions are in mm RAS."
            )

    def _check_passes_through(
        self, points: list[ReferencePoint], positions: Mapping[int, ArrayLike], outer: NDArray[np.float64]
    ) -> None:
        """Refuse positions that contradict each other."""
        for index in positions:
            in_head = apply_affine(self.pose.ras_to_head, points[index].position[None])
            miss = float(np.linalg.norm(in_head[0]) - interpolate(outer, in_head)[0])
            if points[index].moved and abs(miss) > MAX_MISS_MM:
                raise InputError(
                    f"No smooth surface passes through point {self._point_name(index)} and another moved point next "
                    "to it. Move one of them back."
                )


def point_labels(points: Sequence[ReferencePoint]) -> list[str]:
    """Labels of reference points, as in files and on screen.

    Parameters
    ----------
    points
        Of all defects, in their order.

    Returns
    -------
    list of str
        Such as ``1-07``: the seventh point of defect 1.
    """
    count: dict[int, int] = {}
    labels = []
    for point in points:
        count[point.defect] = count.get(point.defect, 0) + 1
        labels.append(f"{point.defect}-{count[point.defect]:02d}")
    return labels


def _mask_on_grid(mask: Volume, bone: Bone) -> NDArray[np.bool_]:
    """An edited mask on the grid of the bone."""
    if not isinstance(mask, Volume) or mask.kind != "mask":
        raise InputError("The edited bone must be a mask: a volume that is 1 in bone and 0 elsewhere.")
    if not mask.side_known and bone.side_known:
        raise InputError("The edited mask does not say which side of the patient is left; save it as NRRD or NIfTI.")
    values = mask.array.astype(np.uint8)
    same_grid = values.shape == bone.mask.shape and np.allclose(mask.ijk_to_ras, bone.ijk_to_ras, atol=1e-4)
    if not same_grid:
        to_mask = invert_affine(mask.ijk_to_ras) @ bone.ijk_to_ras
        values = ndimage.affine_transform(
            values,
            to_mask[2::-1, 2::-1],
            to_mask[2::-1, 3],
            output_shape=bone.mask.shape,
            order=0,
            mode="constant",
            cval=_OUTSIDE_MASK,
        )
    edited = np.where(values == _OUTSIDE_MASK, bone.mask, values == 1)
    if np.count_nonzero(edited & bone.mask) < MIN_COMMON_BONE * np.count_nonzero(bone.mask):
        raise InputError(
            "The edited mask is not the bone of this head: it has less than half of it. Give a mask of all bone, at "
            "the same place."
        )
    return edited


def _checked_position(index: int, position: ArrayLike, count: int) -> NDArray[np.float64]:
    """The position as (3,) float64 mm RAS, if index and position are valid."""
    if isinstance(index, bool) or not isinstance(index, int | np.integer) or not 0 <= index < count:
        existing = f"they are numbered 0 to {count - 1}" if count else "there are none"
        raise InputError(f"There is no reference point {index!r}; {existing}, as in result.points.")
    try:
        place = np.array(position, dtype=np.float64)
    except (TypeError, ValueError):
        place = np.zeros(0)
    if place.shape != (3,) or not np.isfinite(place).all():
        raise InputError(f"The new position of point {index} must be three numbers in mm RAS; it was {position!r}.")
    return place
