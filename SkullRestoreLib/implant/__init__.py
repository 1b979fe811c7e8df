"""Design an implant: the restored surface of one defect and the bone in, a closed body with its measured checks out."""

from SkullRestoreLib.implant.build import build_implant

__all__ = ["build_implant"]
