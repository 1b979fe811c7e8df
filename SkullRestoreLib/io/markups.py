"""Write reference points and lines as 3D Slicer markups, and read them after they were edited there."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system import atomic_write
from SkullRestoreLib.affine import basis_across, flip_ras_lps
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.records import ReferencePoint

_SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
    "markups-schema-v1.0.3.json#"
)

MAX_MARKUPS_BYTES = 20 * 2**20
"""No file of points or lines is larger."""
_SPACES = {"RAS": True, "0": True, "LPS": False, "1": False}
"""Names of coordinate systems in markups files, new and old, and whether they mean RAS."""


def write_reference_points(points: Iterable[ReferencePoint], path: str | Path) -> None:
    """Write reference points as a 3D Slicer markups list.

    Labels are ``1-07``: seventh point of defect 1. The normal is the z axis of a point's orientation. The confidence is
    in its description and, for programs, in the measurement ``confidence``.

    Parameters
    ----------
    points
        In the order in which they run along the margins.
    path
        File to write; 3D Slicer wants the ending ``.mrk.json``.
    """
    points = list(points)
    count: dict[int, int] = {}
    control_points = []
    for number, point in enumerate(points, 1):
        count[point.defect] = count.get(point.defect, 0) + 1
        control_points.append(_control_point(point, number, label=f"{point.defect}-{count[point.defect]:02d}"))
    confidence = {
        "name": "confidence",
        "enabled": True,
        "units": "1",
        "controlPointValues": [round(float(p.confidence), 4) for p in points],
    }
    markup = {
        "type": "Fiducial",
        "name": "Reference points",
        "coordinateSystem": "LPS",
        "coordinateUnits": "mm",
        "locked": False,
        "fixedNumberOfControlPoints": False,
        "labelFormat": "%N-%d",
        "lastUsedControlPointNumber": len(points),
        "controlPoints": control_points,
        "measurements": [confidence] if points else [],
    }
    _write_markup(markup, path)


def write_curve(line: NDArray[np.float64], name: str, path: str | Path) -> None:
    """Write an open line as a 3D Slicer markups curve, which can be dragged there.

    Parameters
    ----------
    line
        (k, 3), mm RAS.
    name
        What the line is.
    path
        File to write; 3D Slicer wants the ending ``.mrk.json``.
    """
    _write_markup(_curve_markup(line, name, "Curve"), path)


def encode_closed_curve(line: NDArray[np.float64], name: str) -> bytes:
    """Give a closed line as the content of a 3D Slicer markups file.

    Parameters
    ----------
    line
        (k, 3), mm RAS, without its first point again.
    name
        What the line is.

    Returns
    -------
    bytes
        Of a ``.mrk.json``.
    """
    return _markup_text(_curve_markup(line, name, "ClosedCurve")).encode()


def _curve_markup(line: NDArray[np.float64], name: str, kind: str) -> dict[str, Any]:
    """An open or a closed curve."""
    control_points = [
        {
            "id": str(number),
            "label": str(number),
            "position": (flip_ras_lps(position) + 0.0).round(5).tolist(),
            "selected": True,
            "locked": False,
            "visibility": True,
            "positionStatus": "defined",
        }
        for number, position in enumerate(line, 1)
    ]
    return {
        "type": kind,
        "name": name,
        "coordinateSystem": "LPS",
        "coordinateUnits": "mm",
        "locked": False,
        "fixedNumberOfControlPoints": False,
        "labelFormat": "%d",
        "lastUsedControlPointNumber": len(control_points),
        "controlPoints": control_points,
    }


def read_points(path: str | Path) -> dict[str, NDArray[np.float64]]:
    """Read the points of a markups file by their labels.

    Parameters
    ----------
    path
        A ``.mrk.json`` of 3D Slicer, in LPS or RAS as it says.

    Returns
    -------
    dict of str to ndarray
        Label to position, (3,) mm RAS. Points without a position are left out.

    Raises
    ------
    InputError
        If it is no such file, or two points have the same label.
    """
    path, points = Path(path), {}
    for label, position in _read_control_points(path):
        if label in points:
            raise InputError(f"'{path.name}' has two points with the label {label}; give each point its own.")
        points[label] = position
    return points


def read_line(path: str | Path) -> NDArray[np.float64]:
    """Read a line of a markups file.

    Parameters
    ----------
    path
        A ``.mrk.json`` of 3D Slicer: an open curve, a line, or a list of points in their order.

    Returns
    -------
    ndarray
        (k, 3) mm RAS.

    Raises
    ------
    InputError
        If it is no such file, or has fewer than two different points.
    """
    path = Path(path)
    line = np.array([position for _, position in _read_control_points(path)]).reshape(-1, 3)
    if len(line) < 2 or not np.ptp(line, axis=0).any():
        raise InputError(f"'{path.name}' has no line: it needs at least two different points.")
    return line


def read_resection_line(path: str | Path) -> tuple[NDArray[np.float64], bool]:
    """Read a line around what is to be removed.

    Parameters
    ----------
    path
        A ``.mrk.json`` of 3D Slicer: a closed curve, a curve, or a list of points in their order. Or plain JSON: a list
        of positions ``[x, y, z]`` in mm RAS, or ``{"points": [...], "space": "LPS", "closed": true}``.

    Returns
    -------
    points : ndarray
        (k, 3) mm RAS.
    is_closed : bool
        Whether the file says that the line is closed; otherwise its ends have to be near to each other.

    Raises
    ------
    InputError
        If it is no such file.
    """
    path = Path(path).expanduser()
    content = _read_json(path)
    if isinstance(content, dict) and "markups" in content:
        controls = np.array([position for _, position in _read_control_points(path)]).reshape(-1, 3)
        return controls, content["markups"][0].get("type") == "ClosedCurve"  # checked by the line above
    values = content if isinstance(content, dict) else {"points": content}
    points: NDArray[np.float64]
    try:
        points = np.array(values["points"], dtype=np.float64)
        space, is_closed = str(values.get("space", "RAS")), bool(values.get("closed", False))
    except (KeyError, TypeError, ValueError):
        points, space, is_closed = np.zeros(0), "RAS", False
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all() or space not in ("RAS", "LPS"):
        raise InputError(
            f"'{path.name}' is no line: give a closed curve of 3D Slicer (.mrk.json), or a list of positions [x, y, z]."
        )
    return (points if space == "RAS" else flip_ras_lps(points)), is_closed


def _read_json(path: Path) -> Any:
    """The content of a small JSON file."""
    if not path.is_file():
        raise InputError(f"There is no file '{path}'. Check the path.")
    try:
        if path.stat().st_size > MAX_MARKUPS_BYTES:
            raise ValueError("too large")
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"'{path.name}' is no line: give a closed curve of 3D Slicer (.mrk.json), or a list of positions [x, y, z]."
        ) from error


def _read_control_points(path: Path) -> list[tuple[str, NDArray[np.float64]]]:
    """Label and position, (3,) mm RAS, of each point of the first markup of a file."""
    path = path.expanduser()
    wrong = InputError(f"'{path.name}' is no markups file of 3D Slicer (.mrk.json); save the points or the line there.")
    if not path.is_file():
        raise InputError(f"There is no file '{path}'. Check the path.")
    if path.stat().st_size > MAX_MARKUPS_BYTES:
        raise wrong
    try:
        markup = json.loads(path.read_text(encoding="utf-8"))["markups"][0]
        space, unit = str(markup.get("coordinateSystem", "LPS")), markup.get("coordinateUnits", "mm")
        points = [
            (str(point.get("label", "")), np.array(point["position"], dtype=np.float64))
            for point in markup["controlPoints"]
            if point.get("positionStatus", "defined") == "defined"
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise wrong from error
    if any(position.shape != (3,) or not np.isfinite(position).all() for _, position in points):
        raise wrong
    if unit not in ("mm", ["mm"]) or space not in _SPACES:
        raise InputError(f"'{path.name}' is not in LPS or RAS millimetres; save it again in 3D Slicer.")
    return [(label, position if _SPACES[space] else flip_ras_lps(position)) for label, position in points]


def _write_markup(markup: dict[str, Any], path: str | Path) -> None:
    """Write one markup as a file of its own."""
    text = _markup_text(markup)
    atomic_write.write_atomically(Path(path), lambda part: part.write_text(text, encoding="utf-8"))


def _markup_text(markup: dict[str, Any]) -> str:
    return json.dumps({"@schema": _SCHEMA, "markups": [markup]}, indent=1, allow_nan=False) + "\n"


def _control_point(point: ReferencePoint, number: int, *, label: str) -> dict[str, Any]:
    return {
        "id": str(number),
        "label": label,
        "description": f"confidence {point.confidence:.2f}{', moved by hand' if point.moved else ''}",
        "position": (flip_ras_lps(point.position) + 0.0).round(5).tolist(),
        "orientation": axes_from_normal(flip_ras_lps(point.normal) + 0.0).round(9).ravel().tolist(),
        "selected": True,
        "locked": False,
        "visibility": True,
        "positionStatus": "defined",
    }


def axes_from_normal(normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Make right-handed axes with a normal as z.

    Parameters
    ----------
    normal
        (3,) float64, of any length except 0.

    Returns
    -------
    (3, 3) float64
        One axis a column.

    Examples
    --------
    >>> axes_from_normal(np.array([0.0, 0.0, 2.0]))[:, 2].tolist()
    [0.0, 0.0, 1.0]
    """
    x, y = basis_across(normal)
    return np.stack([x, y, normal / np.linalg.norm(normal)], axis=1)
