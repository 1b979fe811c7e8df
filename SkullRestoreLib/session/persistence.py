"""What a scene file keeps of a restoration, as plain values, and records from them again.

Nothing in the values is executed when they are read, and nothing in them names the patient.
"""

import base64
import io
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.pipeline import plain_values
from SkullRestoreLib.pipeline.results import DetectedDefects
from SkullRestoreLib.planning.saved_plan import SavedPlan
from SkullRestoreLib.records import Mesh, Pose, ReferencePoint, VaultTables, Volume
from SkullRestoreLib.scene import models
from SkullRestoreLib.scene.mrml_types import MrmlNode
from SkullRestoreLib.session.edit_state import MIN_MOVE_MM, EditablePoint, EditState
from SkullRestoreLib.session.task_records import (
    EditableRestoration,
    PlannedResection,
    SavedRestoration,
    SavedSessionPlan,
)
from SkullRestoreLib.settings import Direction, Settings

SAVED_SCHEMA = 2
_SAME_PLACE_MM = 1e-3
"""An input that is this near to where it was has not been moved."""
_POINTS_COMPARED_FOR_PLACE = 3
"""How many vertices of a model stand for its place."""
MAX_OWN_PICTURES = 6
"""As many pictures of own views as fit on one page of a report."""
MAX_PICTURE_BYTES = 500_000
"""A saved picture takes no more of a scene file; that is about 3 million pixels of a 3D view."""
_JPEG_QUALITY = 90
_SMALLER = 0.8
"""By how much the sides of a picture are shortened until it is small enough."""
_MAX_PICTURE_SIDE = 8192
"""A file that claims to hold a larger picture is not unpacked."""


def values_to_save(
    restoration: EditableRestoration,
    state: EditState,
    settings: Settings,
    *,
    point_ids: list[str],
    results: frozenset[str],
    insertion_directions: Mapping[int, Direction],
) -> dict[str, Any]:
    """Collect what is needed to resume a restoration, in addition to what its nodes hold.

    Parameters
    ----------
    restoration
        As it was made.
    state
        As it was edited.
    settings
        With which the results were made.
    point_ids
        Identifiers of the control points, in the order of the points.
    results
        Which results in the scene belong to this state: ``"implants"``, ``"comparison"``.
    insertion_directions
        Directions that the user had given when the implants were designed.

    Returns
    -------
    dict
        What JSON can hold.
    """
    pose, bone = state.detected.analysis.pose, restoration.segmentation.bone
    automatic_count = len(restoration.initial_state.detected.openings)
    return {
        "schema": SAVED_SCHEMA,
        "settings": asdict(settings),
        "threshold_hu": bone.threshold_hu,
        "grid": {"shape": list(bone.mask.shape), "ijk_to_ras": bone.ijk_to_ras.tolist()},
        "pose": plain_values.pose_values(pose),
        "holes": [o.defect_region.vertices.tolist() for o in state.detected.openings[automatic_count:]],
        "off": sorted(state.disabled_defects),
        "points": [
            {
                "id": point_id,
                "point": plain_values.point_values(editable.point),
                "home": None if editable.original is None else plain_values.point_values(editable.original),
            }
            for point_id, editable in zip(point_ids, state.editable_points, strict=True)
        ],
        "results": sorted(results),
        "ways": {str(number): list(direction) for number, direction in insertion_directions.items()},
        "input": source_fingerprint(restoration.segmentation.source),
        "weights_sha256": restoration.weights_sha256,
    }


def saved_restoration_from(
    values: dict[str, Any],
    vault_node: MrmlNode | None,
    positions: Mapping[str, NDArray[np.float64]],
    uncut_vault_node: MrmlNode | None = None,
) -> SavedRestoration:
    """Read what is needed to resume a restoration.

    Parameters
    ----------
    values
        From :func:`values_to_save`.
    vault_node
        ``vtkMRMLModelNode`` of the predicted vault.
    positions
        Where the points of the scene are now, (3,) mm RAS by identifier: they may have been moved since.
    uncut_vault_node
        ``vtkMRMLModelNode`` of the vault that was predicted before a planned cut.

    Returns
    -------
    SavedRestoration
        Records.

    Raises
    ------
    SkullRestoreError
        If the predicted vault was deleted or changed.
    """
    pose = plain_values.pose_from(values["pose"])
    return SavedRestoration(
        pose=pose,
        predicted=stored_prediction(vault_node, pose),
        settings=settings_from(values["settings"]),
        threshold_hu=values["threshold_hu"],
        added_regions=[np.array(vertices, dtype=np.int64) for vertices in values["holes"]],
        edit_state_for=edit_state_from(values, positions),
        weights_sha256=values["weights_sha256"],
        plan=_saved_plan_from(values["planned"], uncut_vault_node, pose) if values.get("planned") else None,
    )


def plan_values(planned: PlannedResection | None) -> dict[str, Any] | None:
    """Collect what is needed to take up a plan, in addition to what its nodes hold.

    Parameters
    ----------
    planned
        The plan whose opening is restored; None where the skull is restored as it is.

    Returns
    -------
    dict or None
        What JSON can hold.
    """
    before = None if planned is None else planned.plan.restoration.before_cut
    if planned is None or before is None:
        return None
    return {"plan": dict(before.plan), "cut_piece": planned.cut_piece}


def saved_plan_settings(values: dict[str, Any]) -> SavedPlan | None:
    """Read line, settings and guides of a saved plan.

    Parameters
    ----------
    values
        From :func:`values_to_save`.

    Returns
    -------
    SavedPlan or None
        None where none was saved, or it cannot be read.
    """
    planned = values.get("planned")
    try:
        return SavedPlan.from_values(planned["plan"]) if isinstance(planned, dict) else None
    except (KeyError, TypeError, ValueError):
        return None


def _saved_plan_from(planned: dict[str, Any], node: MrmlNode | None, pose: Pose) -> SavedSessionPlan:
    """Read what a scene keeps of a plan."""
    try:
        saved = SavedPlan.from_values(planned["plan"])
        piece = plain_values.unpack_numbers(planned["cut_piece"])
    except (KeyError, TypeError, ValueError):
        raise SkullRestoreError(
            "The saved plan cannot be read. Plan the resection again; the line is in the scene."
        ) from None
    return SavedSessionPlan(saved, stored_prediction(node, pose), piece)


def settings_from(values: dict[str, Any]) -> Settings:
    """Read settings. Unknown names are left out; with a value that is out of range all are the defaults.

    Parameters
    ----------
    values
        The saved ``"settings"``.

    Returns
    -------
    Settings
        With every other setting at its default.

    Examples
    --------
    >>> settings_from({"points": 30, "of_an_older_version": 1}).points
    30
    """
    try:
        return plain_values.settings_from(values)
    except (ValueError, TypeError):
        return Settings()


def source_fingerprint(source: Volume | Mesh) -> dict[str, Any]:
    """Compute values that show after loading whether an input has the same content and the same place.

    Parameters
    ----------
    source
        The input.

    Returns
    -------
    dict
        Checksum and place; nothing of the patient can be read from them.
    """
    content, place = (
        (source.array, source.ijk_to_ras)
        if isinstance(source, Volume)
        else (source.faces, source.vertices[:_POINTS_COMPARED_FOR_PLACE])
    )
    return {"content": zlib.crc32(np.ascontiguousarray(content).data), "place": place.tolist()}


def same_source(values: dict[str, Any], source: Volume | Mesh) -> bool:
    """Find out whether an input is the one that was restored.

    Parameters
    ----------
    values
        From :func:`values_to_save`.
    source
        The input as it is now.

    Returns
    -------
    bool
        True also for scenes of earlier versions, which have no fingerprint.
    """
    saved, current = values.get("input"), source_fingerprint(source)
    if saved is None:
        return True
    return saved["content"] == current["content"] and np.allclose(saved["place"], current["place"], atol=_SAME_PLACE_MM)


def picture_values(pictures: Sequence[NDArray[np.uint8]], source: Volume | Mesh) -> dict[str, Any]:
    """Collect the user's own pictures for a scene file.

    Parameters
    ----------
    pictures
        Each (height, width, 3).
    source
        The input that they show.

    Returns
    -------
    dict
        What JSON can hold: JPEG images of at most :data:`MAX_PICTURE_BYTES`, of pixels alone; empty without pictures.
    """
    if not pictures:
        return {}
    images = [base64.b64encode(_small_jpeg(picture)).decode("ascii") for picture in pictures[:MAX_OWN_PICTURES]]
    return {"input": source_fingerprint(source), "jpeg": images}


def _small_jpeg(picture: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(picture[..., :3]))
    while True:
        buffer = io.BytesIO()
        image.save(buffer, format="JPEG", quality=_JPEG_QUALITY, subsampling=0)
        if buffer.tell() <= MAX_PICTURE_BYTES:
            return buffer.getvalue()
        image = image.resize((max(1, int(_SMALLER * image.width)), max(1, int(_SMALLER * image.height))))


def pictures_from(values: dict[str, Any], source: Volume | Mesh) -> tuple[list[NDArray[np.uint8]], int]:
    """Read the user's own pictures of a scene file.

    Parameters
    ----------
    values
        From :func:`picture_values`.
    source
        The input as it is now.

    Returns
    -------
    pictures : list of ndarray
        Each (height, width, 3). None of another input: a report must not show another patient.
    lost : int
        How many are left out because they cannot be read, or show another input.
    """
    images = values.get("jpeg")
    if not isinstance(images, list):
        return [], int(bool(values))
    try:
        is_same = "input" in values and same_source(values, source)
    except (KeyError, TypeError, ValueError):
        is_same = False
    if not is_same:
        return [], len(images)
    found = [picture for image in images[:MAX_OWN_PICTURES] if (picture := _picture_of(image)) is not None]
    return found, len(images) - len(found)


def _picture_of(encoded: object) -> NDArray[np.uint8] | None:
    """Unpack one picture; None where it is none, or larger than one that was saved can be."""
    from PIL import Image

    if not isinstance(encoded, str) or len(encoded) > 4 * MAX_PICTURE_BYTES // 3 + 4:
        return None
    try:
        with Image.open(io.BytesIO(base64.b64decode(encoded, validate=True)), formats=["JPEG"]) as image:
            if max(image.size) > _MAX_PICTURE_SIDE:
                return None
            return np.array(image.convert("RGB"), dtype=np.uint8)
    except (ValueError, OSError, SyntaxError):
        return None


def insertion_directions_from(values: dict[str, Any]) -> dict[int, Direction]:
    """Read the directions that the user had given when the implants were designed.

    Parameters
    ----------
    values
        From :func:`values_to_save`.

    Returns
    -------
    dict
        Number of the defect to unit vector, RAS.

    Examples
    --------
    >>> insertion_directions_from({"ways": {"1": [0.0, 0.0, -1.0]}})
    {1: (0.0, 0.0, -1.0)}
    """
    return {int(number): (x, y, z) for number, (x, y, z) in values.get("ways", {}).items()}


def bone_grid_from(values: dict[str, Any]) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Read the grid of the bone.

    Parameters
    ----------
    values
        The saved ``"grid"``.

    Returns
    -------
    shape : tuple of int
        (nk, nj, ni).
    ijk_to_ras : ndarray
        (4, 4) float64.
    """
    return tuple(values["shape"]), np.array(values["ijk_to_ras"])


def stored_prediction(node: MrmlNode | None, pose: Pose) -> VaultTables:
    """Read the prediction that was stored with the scene.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode`` of the predicted vault.
    pose
        Head frame of the tables.

    Returns
    -------
    VaultTables
        As precise as float32.

    Raises
    ------
    SkullRestoreError
        If the model was deleted or changed.
    """
    try:
        if node is None:
            raise ValueError
        return models.vault_tables_from_model(node, pose)
    except ValueError:
        raise SkullRestoreError(
            "The predicted vault was deleted from the scene or changed. Restore the skull again."
        ) from None


def current_results_from(values: dict[str, Any], positions: Mapping[str, NDArray[np.float64]]) -> frozenset[str]:
    """Find out which results in the scene belong to the points as they are now.

    Parameters
    ----------
    values
        From :func:`values_to_save`.
    positions
        Where the points are now, as for :func:`saved_restoration_from`.

    Returns
    -------
    frozenset of str
        Empty where a point was moved or deleted while no session was open.
    """
    unmoved = all(
        saved["id"] in positions and not _has_moved(positions[saved["id"]], plain_values.point_from(saved["point"]))
        for saved in values["points"]
    )
    return frozenset(values.get("results", ())) if unmoved else frozenset()


def edit_state_from(
    values: dict[str, Any], positions: Mapping[str, NDArray[np.float64]]
) -> Callable[[DetectedDefects], EditState]:
    """Return a function that gives the saved edit state for the defects that are detected again.

    Parameters
    ----------
    values
        From :func:`values_to_save`.
    positions
        Where the points are now, as for :func:`saved_restoration_from`. A point that was moved while no session was
        open counts as moved by the user.

    Returns
    -------
    callable
        From DetectedDefects to EditState.
    """
    editable_points = []
    for saved in values["points"]:
        position, point = positions.get(saved["id"]), plain_values.point_from(saved["point"])
        if position is not None and _has_moved(position, point):
            point = replace(point, position=position, moved=True)
        original = None if saved["home"] is None else plain_values.point_from(saved["home"])
        editable_points.append(EditablePoint(point, original))
    disabled, settings = frozenset(values["off"]), settings_from(values["settings"])
    return lambda detected: EditState(
        detected, tuple(editable_points), disabled, settings.points, fullness=settings.fullness
    )


def _has_moved(position: NDArray[np.float64], point: ReferencePoint) -> bool:
    return float(np.linalg.norm(position - point.position)) > MIN_MOVE_MM
