"""Write measured tables and figures into docs/results/accuracy.md: `python docs/make_accuracy.py results`.

The argument is a folder with one folder for each experiment.
"""

import re
import shutil
import sys
from pathlib import Path

DOCS = Path(__file__).parent
EXPERIMENTS = {
    "cohort": "cohort",
    "base": "cohort",
    "solids": "cohort",
    "reference_skull": "reference_skull",
    "overlap": "overlap",
    "ablation": "ablation",
    "shapes": "shapes",
    "shapes_valid": "shapes",
    "intact": "intact",
}
"""Folder in ``results``, and the experiment that fills it."""


def main(results: Path) -> None:
    """Replace what stands between the marks of every experiment that is there."""
    page = DOCS / "results" / "accuracy.md"
    text = page.read_text(encoding="utf-8")
    for name, experiment in EXPERIMENTS.items():
        table = results / name / f"{experiment}.md"
        if not table.is_file():
            print(f"{table} is not there; its part of the page stays as it is.")
            continue
        shutil.copy(table.with_suffix(".png"), DOCS / "img" / f"accuracy_{name}.png")
        content = (
            f"![{name.replace('_', ' ')}](../img/accuracy_{name}.png)\n\n{table.read_text(encoding='utf-8').strip()}"
        )
        mark = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text = mark.sub(lambda found, content=content: found[1] + content + "\n" + found[2], text)
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
