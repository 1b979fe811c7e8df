"""Make the synthetic heads that the fourth and the sixth script use where you have no data of your own."""

import shutil
from pathlib import Path

from SkullRestoreLib import phantom


def make_cases(folder: str) -> Path:
    """Make two heads with a defect, and one case that cannot be read, unless the folder exists."""
    cases = Path(folder)
    if not cases.exists():
        for seed in (1, 2):
            (cases / f"head_{seed}").mkdir(parents=True)
            phantom.write_phantom(cases / f"head_{seed}", seed=seed, slice_mm=2.0, matrix=256)
        (cases / "no_images").mkdir()
    return cases


def make_intact_skulls(folder: str) -> Path:
    """Make twelve heads without a defect, unless the folder exists."""
    skulls = Path(folder)
    if not skulls.exists():
        skulls.mkdir(parents=True)
        for seed in range(12):
            made = skulls.with_name("one_head")
            made.mkdir()
            phantom.write_phantom(made, seed=seed, slice_mm=2.0, matrix=256)
            (made / "truth" / "intact.nrrd").replace(skulls / f"skull_{seed}.nrrd")
            shutil.rmtree(made)
    return skulls
