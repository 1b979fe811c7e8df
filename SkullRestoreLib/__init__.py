"""SkullRestore: from a head CT to the lost surface of the skull and a printable implant.

Research use only. Not cleared by any authority; a qualified clinician must approve every design.
"""

__version__ = "0.1.0"
