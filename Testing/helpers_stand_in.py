"""The command line with a small corridor that is done at once: ``python helpers_stand_in.py restore head --out out``, for tests of what comes after it.

Each line of the environment variable ``FAULT`` is run first: it breaks something, as the world may.
"""

import os
import sys
import types
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import helpers_restoration

import SkullRestoreLib
from SkullRestoreLib import cli, closeup, render


def stand_in(name, **content):
    module = types.ModuleType(f"SkullRestoreLib.{name}")
    module.__dict__.update(content)
    sys.modules[module.__name__] = module
    setattr(SkullRestoreLib, name, module)


def restore(source, settings):
    yield "restore the surface", 0.5
    return helpers_restoration.restoration()


stand_in("pipeline", restore=restore)
stand_in("read", read=lambda *a, **k: None)
render.pictures = lambda made: {}
closeup.closeups = lambda made, **k: {}
exec(os.environ.get("FAULT", ""))
cli.main()
