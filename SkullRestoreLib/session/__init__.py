"""One interactive restoration on a MRML scene: run, edit points, undo, implants, comparison, export; used by 3D Slicer and the browser alike."""

from SkullRestoreLib.session.session import Session

__all__ = ["Session"]
