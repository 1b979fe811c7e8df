"""Make the pictures of README and docs from the default phantom: defect, restored surface, implant. `make pictures`."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from SkullRestoreLib import phantom
from SkullRestoreLib.io import read
from SkullRestoreLib.pipeline import steps as pipeline
from SkullRestoreLib.records import Restoration, Settings
from SkullRestoreLib.report import figures, render

OUT = Path(__file__).parent / "img" / "restored.png"
IMPLANT = OUT.with_name("implant.png")
SIZE = (520, 520)


def main() -> None:
    """Write the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        phantom.write_phantom(folder)
        made = restored(Path(folder))
    camera = obliquely(made)
    lost = replace(made, patches=(), points=(), defects=())
    surface = made
    implants = tuple(replace(patch, outer=body.mesh) for patch, body in zip(made.patches, made.implants, strict=True))
    implanted = replace(made, patches=implants, points=(), defects=())
    panels = [render.draw_scene(render.build_scene(one), camera, size=SIZE) for one in (lost, surface, implanted)]
    OUT.parent.mkdir(exist_ok=True)
    Image.fromarray(np.concatenate(panels, axis=1)).quantize(160).save(OUT, optimize=True)
    close = figures.draw_closeups(made, size=(400, 350))[1]
    sheet = np.concatenate([close[name] for name in ("outside", "inside", "section", "thickness")], axis=1)
    Image.fromarray(sheet).quantize(128).save(IMPLANT, optimize=True)
    for path in (OUT, IMPLANT):
        print(f"Written: {path} ({path.stat().st_size / 1000:.0f} kB)")


def restored(folder: Path) -> Restoration:
    """Run the pipeline to its end."""
    steps = pipeline.restore_steps(read.read(folder), Settings())
    while True:
        try:
            print(*next(steps))
        except StopIteration as end:
            return end.value


def obliquely(made: Restoration) -> render.Camera:
    """Look at the largest defect, a little from the front and from above."""
    towards = made.pose.ras_to_head[:3, :3] @ made.defects[0].centre + made.pose.ras_to_head[:3, 3]
    towards = towards / np.linalg.norm(towards) + [0, 0.45, -0.1]
    towards /= np.linalg.norm(towards)
    up = np.array([0.0, 0.0, 1.0]) - towards[2] * towards
    return render.Camera("obliquely", towards, up / np.linalg.norm(up))


if __name__ == "__main__":
    main()
