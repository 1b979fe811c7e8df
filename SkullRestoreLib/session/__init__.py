"""One interactive restoration on a MRML scene: run, edit, undo, design implants, compare, export.

3D Slicer and the browser use the same session.
"""

from SkullRestoreLib.session.session import Session

__all__ = ["Session"]
