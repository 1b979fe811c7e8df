"""What a case node remembers, as plain values, and records from it again. Nothing in it can run, and nothing in it names the patient."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from SkullRestoreLib.case import Pose, ReferencePoint, Shell, SkullRestoreError
from SkullRestoreLib.chapters import Found
from SkullRestoreLib.scene import models
from SkullRestoreLib.session.design import Design, Knot
from SkullRestoreLib.session.work import Restored, plain_point, point_from
from SkullRestoreLib.settings import ImplantSettings, Settings

SCHEMA = 1


def of(restored: Restored, design: Design, settings: Settings, ids: list[str], results: frozenset[str]) -> dict[str, Any]:
    """Everything that a restoration needs to be taken up again, beside what its nodes hold.

    Parameters
    ----------
    results
        Which results in the scene belong to the design as it is: ``"implants"``, ``"comparison"``.
    """
    head, bone = design.found.seen.pose, restored.segmented.bone
    automatic = len(restored.design.found.openings)
    return {
        "schema": SCHEMA,
        "settings": asdict(settings),
        "threshold_hu": bone.threshold_hu,
        "grid": {"shape": list(bone.mask.shape), "ijk_to_ras": bone.ijk_to_ras.tolist()},
        "pose": {
            "ras_to_head": head.ras_to_head.tolist(),
            "residual_mm": head.residual_mm,
            "coverage": head.coverage,
            "findings": list(head.findings),
        },
        "holes": [o.hole.vertices.tolist() for o in design.found.openings[automatic:]],
        "off": sorted(design.off),
        "points": [
            {"id": name, "point": plain_point(k.point), "home": None if k.home is None else plain_point(k.home)}
            for name, k in zip(ids, design.knots, strict=True)
        ],
        "results": sorted(results),
        "weights_sha256": restored.weights_sha256,
    }


def settings_from(values: dict[str, Any]) -> Settings:
    """Settings as they were saved; what a newer version knows no more is left out, what is out of range is refused."""
    known = {name: v for name, v in values.items() if name in Settings.__dataclass_fields__ and name != "implant"}
    inner = {name: _tuple(v) for name, v in values.get("implant", {}).items() if name in ImplantSettings.__dataclass_fields__}
    try:
        return Settings(**known, implant=ImplantSettings(**inner))
    except (ValueError, TypeError):
        return Settings()


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def pose_from(values: dict[str, Any]) -> Pose:
    """The head frame."""
    return Pose(np.array(values["ras_to_head"]), values["residual_mm"], values["coverage"], tuple(values["findings"]))


def grid_from(values: dict[str, Any]) -> tuple[tuple[int, int, int], np.ndarray]:
    """Shape and place of the bone's voxels."""
    return tuple(values["shape"]), np.array(values["ijk_to_ras"])


def prediction(node, pose: Pose) -> Shell:
    """The prediction that was stored with the scene.

    Raises
    ------
    SkullRestoreError
        If it is not there any more.
    """
    try:
        if node is None:
            raise ValueError
        return models.vault_of(node, pose)
    except ValueError:
        raise SkullRestoreError("The predicted vault was deleted from the scene or changed. Restore the skull again.") from None


def holes_from(values: dict[str, Any]) -> list[np.ndarray]:
    """Grid vertices of each hole that was added by hand."""
    return [np.array(one, dtype=np.int64) for one in values["holes"]]


def results_from(values: dict[str, Any], now: dict[str, np.ndarray]) -> frozenset[str]:
    """Which results still belong to the design: none where a point was moved or deleted while nobody listened; ``now`` as :func:`design_from`."""
    same = all(one["id"] in now and not _moved(now[one["id"]], point_from(one["point"])) for one in values["points"])
    return frozenset(values.get("results", ())) if same else frozenset()


def _moved(place: np.ndarray, point: ReferencePoint) -> bool:
    return float(np.linalg.norm(place - point.position)) > 0.05


def design_from(values: dict[str, Any], now: dict[str, np.ndarray]) -> Callable[[Found], Design]:
    """A function that gives the saved design for what was found.

    Parameters
    ----------
    now
        Where the points of the scene are, mm RAS, by identifier: they may have been moved while nobody listened.
    """
    kept = [(now.get(one["id"]), point_from(one["point"]), one["home"]) for one in values["points"]]
    knots = []
    for place, point, home in kept:
        moved = place is not None and _moved(place, point)
        knots.append(Knot(replace(point, position=place, moved=True) if moved else point, None if home is None else point_from(home)))
    return lambda found: Design(found, tuple(knots), frozenset(values["off"]))
