"""The command line with a small pipeline in place of the real one."""

import sys
from functools import partial
from importlib import import_module
from types import ModuleType

import numpy as np
from helpers_restoration import make_restoration, oblique_grid
from typer.testing import CliRunner

from SkullRestoreLib.cli import main
from SkullRestoreLib.records import Volume
from SkullRestoreLib.report import figures, render


def module(monkeypatch, name, **content):
    """Replace a module by a small one."""
    fake = ModuleType(f"SkullRestoreLib.{name}")
    fake.__dict__.update(content)
    package, _, last = fake.__name__.rpartition(".")
    monkeypatch.setitem(sys.modules, fake.__name__, fake)
    monkeypatch.setattr(import_module(package), last, fake, raising=False)
    return fake


class SmallPipeline:
    """Replaces the pipeline: records its arguments, then returns a result or raises an error."""

    def __init__(self, made=None, problem=None):
        self.made, self.problem = made or make_restoration(), problem
        self.settings = self.source = None
        self.closed = False

    def restore(self, source, settings):
        self.source, self.settings = source, settings
        try:
            yield "head frame", 0.2
            yield "predicted shell", 0.6
            if self.problem is not None:
                raise self.problem
            yield "implants", 0.9
            return self.made
        finally:
            self.closed = True


def put_small_pipeline(monkeypatch):
    """Replace the pipeline by a small one."""
    pipeline = SmallPipeline()
    module(monkeypatch, "pipeline.steps", restore_steps=lambda *args: pipeline.restore(*args))
    # large pictures take seconds and are of no use here
    monkeypatch.setattr(render, "draw_views", partial(render.draw_views, size=(60, 50)))
    monkeypatch.setattr(figures, "draw_closeups", partial(figures.draw_closeups, size=(60, 50)))
    module(
        monkeypatch,
        "io.read",
        read=lambda path, series=None: Volume(np.zeros((2, 2, 2), bool), oblique_grid(), "mask", uid=repr(series)),
    )
    return pipeline


def run(*arguments):
    return CliRunner().invoke(main.app, [str(a) for a in arguments])


def one_sentence(result):
    """The error as the user sees it: one line, no traceback."""
    assert "Traceback" not in result.output
    lines = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, result.stderr
    return lines[0]
