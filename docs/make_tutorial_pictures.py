"""Make the pictures of the tutorials from the sample heads that their scripts use. `make tutorial-pictures`."""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

import SkullRestoreLib as sr
from SkullRestoreLib import phantom
from SkullRestoreLib.report import figures, render

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))
from make_pictures import obliquely  # the file next to this one
from sample_heads import make_cases

FOLDER = Path(__file__).parent / "img"
SIZE = (520, 420)


def main() -> None:
    """Write the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sample").mkdir()
        phantom.write_phantom(Path(folder) / "sample")
        made = sr.restore(sr.read(Path(folder) / "sample"), progress=sr.print_progress)
        heads = [each for each in sorted(make_cases(Path(folder) / "heads").iterdir()) if each.is_dir()]
        others = [sr.restore(sr.read(each), progress=sr.print_progress) for each in heads[:2]]
    camera = obliquely(made)
    lost = replace(made, patches=(), points=(), defects=())
    write("tutorial_restore", [picture(lost, camera), picture(made, camera)])
    point = made.points[3]
    edited = made.with_points({3: point.position + 2.0 * point.normal})
    write("tutorial_point", [picture(made, camera), picture(edited, camera)])
    with_implant = replace(made, implants=(sr.design_implant(made, defect=1),))
    close = figures.draw_closeups(with_implant, size=SIZE)[1]
    write("tutorial_implant", [close["outside"], close["section"]])
    write("tutorial_cases", [picture(each, obliquely(each)) for each in others])


def picture(made: sr.Restoration, camera: render.Camera) -> np.ndarray:
    """Draw a restoration from outside: (height, width, 3) uint8."""
    return render.draw_scene(render.build_scene(made), camera, size=SIZE)


def write(name: str, panels: list[np.ndarray]) -> None:
    """Write pictures side by side as one file."""
    path = FOLDER / f"{name}.png"
    Image.fromarray(np.concatenate(panels, axis=1)).quantize(160).save(path, optimize=True)
    print(f"Written: {path} ({path.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
