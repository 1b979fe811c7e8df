"""Records as plain values, which JSON can hold, and back: a case file and a scene file keep the same ones.

Nothing in the values names the patient.
"""

import re
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.findings import Note, split_findings
from SkullRestoreLib.records import Pose, ReferencePoint, ScanInfo, VaultObject
from SkullRestoreLib.settings import ImplantSettings, Settings


def point_values(point: ReferencePoint) -> dict[str, Any]:
    """Turn a reference point into plain values.

    Parameters
    ----------
    point
        The point.

    Examples
    --------
    >>> point = ReferencePoint(np.zeros(3), np.array([0.0, 0.0, 1.0]), 0.9, 1)
    >>> point_from(point_values(point)).confidence
    0.9
    """
    return {
        "position": point.position.tolist(),
        "normal": point.normal.tolist(),
        "confidence": point.confidence,
        "defect": point.defect,
        "moved": point.moved,
    }


def point_from(values: dict[str, Any]) -> ReferencePoint:
    """Read a reference point.

    Parameters
    ----------
    values
        From :func:`point_values`.
    """
    return ReferencePoint(
        np.array(values["position"]),
        np.array(values["normal"]),
        values["confidence"],
        values["defect"],
        values["moved"],
    )


def object_values(found: VaultObject) -> dict[str, Any]:
    """Turn an object in a hole into plain values, without its surface.

    Parameters
    ----------
    found
        The object.

    Examples
    --------
    >>> flap = VaultObject(1, "bone flap", 40.0, 20.0, None, 3.1, 0.5, 0.8, np.array([3, 4]), removed=True)
    >>> object_from(object_values(flap)).depth_mm
    3.1
    """
    values = {each.name: getattr(found, each.name) for each in fields(found) if each.name != "model"}
    return values | {"vertices": found.vertices.tolist()}


def object_from(values: Mapping[str, Any]) -> VaultObject:
    """Read an object in a hole.

    Parameters
    ----------
    values
        From :func:`object_values`.

    Raises
    ------
    TypeError, ValueError
        If a value is missing or not what it should be.
    """
    return VaultObject(
        number=int(values["number"]),
        kind=str(values["kind"]),
        area_cm2=float(values["area_cm2"]),
        volume_ml=float(values["volume_ml"]),
        mean_hu=None if values["mean_hu"] is None else float(values["mean_hu"]),
        depth_mm=float(values["depth_mm"]),
        tilt_deg=float(values["tilt_deg"]),
        open_edge=float(values["open_edge"]),
        vertices=np.array(values["vertices"], dtype=np.int64).reshape(-1),
        removed=bool(values["removed"]),
        side=str(values["side"]),
        region=str(values["region"]),
    )


def scan_values(scan: ScanInfo, *, with_date: bool) -> dict[str, Any]:
    """Turn what is known of a scan into plain values.

    Parameters
    ----------
    scan
        Of the input.
    with_date
        Whether its date may be kept.

    Examples
    --------
    >>> scan_values(ScanInfo("2026-03-01", 0.6, "Hr59"), with_date=False)
    {'date': '', 'thickness_mm': 0.6, 'kernel': 'Hr59'}
    """
    return asdict(scan if with_date else replace(scan, date=""))


def scan_from(values: Mapping[str, Any] | None) -> ScanInfo | None:
    """Read what is known of a scan.

    Parameters
    ----------
    values
        From :func:`scan_values`; None where nothing was known.

    Raises
    ------
    ValueError
        If a value is not what it should be.
    """
    if values is None:
        return None
    date, thickness, kernel = (values[name] for name in ("date", "thickness_mm", "kernel"))
    if not (isinstance(date, str) and re.fullmatch(r"(\d{4}-\d\d-\d\d)?", date)) or not isinstance(kernel, str):
        raise ValueError("no scan")
    return ScanInfo(date, None if thickness is None else float(thickness), kernel)


def pose_values(pose: Pose) -> dict[str, Any]:
    """Turn a head frame into plain values.

    Parameters
    ----------
    pose
        The head frame.
    """
    return {
        "ras_to_head": pose.ras_to_head.tolist(),
        "residual_mm": pose.residual_mm,
        "coverage": pose.coverage,
        "size": pose.size,
        **finding_values(pose.findings),
    }


def finding_values(findings: Iterable[str]) -> dict[str, list[str]]:
    """Turn findings into plain values, in which warnings and notes stay apart.

    Parameters
    ----------
    findings
        Of an input, a step or a restoration.

    Examples
    --------
    >>> finding_values([Note("157 slices."), "Bone touches the left edge of the scan."])
    {'warnings': ['Bone touches the left edge of the scan.'], 'notes': ['157 slices.']}
    """
    warnings, notes = split_findings(findings)
    return {"warnings": list(warnings), "notes": list(notes)}


def findings_from(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Read findings.

    Parameters
    ----------
    values
        With what :func:`finding_values` gives; ``restoration.json`` has it too.

    Returns
    -------
    tuple of str
        Notes first.
    """
    return (*(Note(note) for note in values["notes"]), *map(str, values["warnings"]))


def pose_from(values: dict[str, Any]) -> Pose:
    """Read the head frame.

    Parameters
    ----------
    values
        From :func:`pose_values`.

    Returns
    -------
    Pose
        As it was found.
    """
    return Pose(
        np.array(values["ras_to_head"]),
        values["residual_mm"],
        values["coverage"],
        findings_from(values),
        values.get("size", 1.0),  # files of earlier versions have none
    )


def pack_numbers(numbers: Iterable[int]) -> str:
    """Pack increasing whole numbers, such as those of voxels, into a short text.

    Parameters
    ----------
    numbers
        Increasing, 0 or more.

    Examples
    --------
    >>> pack_numbers([])
    ''
    >>> unpack_numbers(pack_numbers([3, 4, 900])).tolist()
    [3, 4, 900]
    """
    steps = np.diff(np.asarray(numbers, dtype=np.int64), prepend=0)
    return b64encode(zlib.compress(steps.astype("<i8").tobytes())).decode() if len(steps) else ""


def unpack_numbers(text: str) -> NDArray[np.int64]:
    """Read what :func:`pack_numbers` packed.

    Parameters
    ----------
    text
        Empty gives none.

    Returns
    -------
    ndarray
        (n,) int64.

    Raises
    ------
    ValueError
        If it is no such text.
    """
    try:
        steps = np.frombuffer(zlib.decompress(b64decode(text)) if text else b"", dtype="<i8")
    except zlib.error as error:
        raise ValueError("no numbers") from error
    return np.cumsum(steps, dtype=np.int64)


def settings_from(values: dict[str, Any]) -> Settings:
    """Read settings; unknown names are left out.

    Parameters
    ----------
    values
        Fields of :class:`Settings` by name, with a dict for ``implant``.

    Returns
    -------
    Settings
        With every other setting at its default.

    Raises
    ------
    ValueError, TypeError
        If a value is out of range, or of another type.

    Examples
    --------
    >>> settings_from({"points": 30, "of_an_older_version": 1}).points
    30
    """
    general = {name: v for name, v in values.items() if name in Settings.__dataclass_fields__ and name != "implant"}
    implant: dict[str, Any] = {
        name: tuple(v) if isinstance(v, list) else v
        for name, v in values.get("implant", {}).items()
        if name in ImplantSettings.__dataclass_fields__
    }
    return Settings(**general, implant=ImplantSettings(**implant))
