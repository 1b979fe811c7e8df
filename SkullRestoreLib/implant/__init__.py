"""The implant room: the restored surface of one defect and the bone in, a closed body out."""

from SkullRestoreLib.implant.make import make_implant

__all__ = ["make_implant"]
