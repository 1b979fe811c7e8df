"""Draw the picture of the page about plans: ``python docs/make_plan_picture.py``, on a synthetic head."""

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from SkullRestoreLib import phantom
from SkullRestoreLib._system import resources
from SkullRestoreLib._system.progress import StepTimer, run_to_end
from SkullRestoreLib.geometry.icosphere import direction_from_angles, interpolate
from SkullRestoreLib.io import read
from SkullRestoreLib.pipeline import head_steps, steps
from SkullRestoreLib.planning.guides import GUIDE_KINDS
from SkullRestoreLib.planning.plan import HeadBasis, ResectionRequest, plan_on_head
from SkullRestoreLib.planning.plan_pictures import draw_plan
from SkullRestoreLib.prediction import models
from SkullRestoreLib.records import Settings
from SkullRestoreLib.settings import PlanSettings

SHOWN = (
    "The line on the skull",
    "The drawing template",
    "The cutting guide",
    "The margin ring",
    "The implant in the opening",
    "Cut through implant and cutting guide",
)
CORNERS_DEG = ((62, 22), (75, 38), (95, 40), (112, 30), (108, 14), (84, 10))
"""Azimuth and elevation of the line's points: a temporo-parietal resection on the right."""
SIZE = (420, 360)


def main() -> None:
    """Make a head, plan on it, and put six pictures on a sheet."""
    with tempfile.TemporaryDirectory() as folder:
        phantom.write_phantom(folder, seed=4, size_cm=4.0, place="occipital", slice_mm=2.0, matrix=256)
        source = read.read(Path(folder) / "truth" / "intact.nrrd")
    settings = Settings()
    weights, atlas = models.find_weights_and_atlas(settings)
    predict = models.load_predictor(weights, settings)
    analysis = run_to_end(steps.segment_and_analyse(source, settings, atlas, StepTimer()))
    predict_head = partial(head_steps.predict_vault, predict=predict, model=atlas.model)
    basis = HeadBasis(source, analysis, predict_head(analysis), predict_head, resources.file_sha256(weights))
    tables = basis.tables
    rays = np.stack([direction_from_angles(*corner) for corner in CORNERS_DEG])
    curve = analysis.pose.to_ras(rays * interpolate(tables.outer, rays)[:, None])
    request, cut = ResectionRequest(curve=curve, curve_is_closed=True), PlanSettings(wall_bevel_deg=10.0)
    plan = run_to_end(plan_on_head(basis, request, settings, cut, GUIDE_KINDS, StepTimer()))
    pictures = draw_plan(plan, size=SIZE)
    rows = [np.concatenate([pictures[title] for title in SHOWN[k : k + 3]], axis=1) for k in (0, 3)]
    Image.fromarray(np.concatenate(rows)).save(Path(__file__).parent / "img" / "plan.png", optimize=True)
    print(plan.warnings, [(guide.kind, guide.checks.failed) for guide in plan.guides])


if __name__ == "__main__":
    main()
