"""A made-up outer table, whose shape is known, and the wall of a circle on it."""

import numpy as np

from SkullRestoreLib.implant.chart import CHART_STEP_MM, InsertionChart
from SkullRestoreLib.planning.outer_table import OuterTable
from SkullRestoreLib.planning.resection import ResectionLine
from SkullRestoreLib.planning.wall import CutWall
from SkullRestoreLib.records import Mesh
from SkullRestoreLib.settings import PlanSettings

RADIUS_MM, REACH_MM, HALF_MM = 15.0, 32.0, 52.0


def table_of(height, known=None, extra=None):
    """The outer table of a function of u and v, mm; ``extra`` are vertices (n, 3) of other bone."""
    count = round(2 * HALF_MM / CHART_STEP_MM) + 1
    axis = -HALF_MM + CHART_STEP_MM * np.arange(count)
    u, v = np.meshgrid(axis, axis, indexing="ij")
    heights = height(u, v)
    chart = InsertionChart(np.zeros(3), np.eye(3), np.full(2, -HALF_MM), heights)
    nodes = np.column_stack([u.ravel(), v.ravel(), heights.ravel()])
    k = np.arange(count * count).reshape(count, count)
    a, b, c, d = k[:-1, :-1].ravel(), k[1:, :-1].ravel(), k[1:, 1:].ravel(), k[:-1, 1:].ravel()
    vertices = nodes if extra is None else np.concatenate([nodes, extra])
    bone = Mesh(vertices, np.concatenate([np.column_stack([a, b, c]), np.column_stack([a, c, d])]))
    return OuterTable(chart, np.ones((count, count), bool) if known is None else known(u, v), bone)


def wall_on(table, **settings):
    turns = np.linspace(0, 2 * np.pi, 190, endpoint=False)
    circle = RADIUS_MM * np.column_stack([np.cos(turns), np.sin(turns)])
    return CutWall(ResectionLine(table, circle), PlanSettings(guide_reach_mm=REACH_MM, frame_width_mm=8.0, **settings))
