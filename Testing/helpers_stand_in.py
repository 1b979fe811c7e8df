"""The command line with a restoration that finishes at once: ``python helpers_stand_in.py restore head --out out``.

The code in the environment variable ``FAULT`` runs first: it simulates a fault of the environment.
"""

import os
import sys
import types
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import helpers_restoration

from SkullRestoreLib.cli import main
from SkullRestoreLib.report import figures, render


def replace_module(name, **content):
    module = types.ModuleType(f"SkullRestoreLib.{name}")
    module.__dict__.update(content)
    package, _, last = module.__name__.rpartition(".")
    sys.modules[module.__name__] = module
    setattr(import_module(package), last, module)


def restore(source, settings):
    yield "restore the surface", 0.5
    return helpers_restoration.make_restoration()


replace_module("pipeline.steps", restore_steps=restore)
replace_module("io.read", read=lambda *a, **k: None)
render.draw_views = lambda restoration: {}
figures.draw_closeups = lambda restoration, **k: {}
exec(os.environ.get("FAULT", ""))
main.main()
