"""Restore many cases. A case that fails is a line with its reason, and stops no other.

This runs one case after the other. ``skullrestore batch`` does the same on all cores or on a cluster, and continues
where it was stopped.
"""

from sample_heads import make_cases  # the file next to this one

import SkullRestoreLib as sr

cases = make_cases("out/heads")  # or pathlib.Path("your/folder")

# Numbers, not names: folders of a hospital are often named after patients.
for number, source in enumerate(sorted(cases.iterdir()), start=1):
    try:
        result = sr.restore(sr.read(source))
    except sr.errors.SkullRestoreError as error:
        print(f"case {number}: {error}")
        continue
    sr.write(result, f"out/example_cases/{number:03d}", formats=("stl",))
    print(f"case {number}: {len(result.defects)} defects, {sum(defect.area_cm2 for defect in result.defects):.1f} cm²")
