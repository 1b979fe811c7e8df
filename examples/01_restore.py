"""Restore the skull in a head CT and write the result.

``make restore`` makes the sample head that all examples use.
"""

import SkullRestoreLib as sr

ct = sr.read("out/sample_ct")  # a DICOM folder, an image, a bone mask or a skull model; or an error that says why not
result = sr.restore(ct, points=24, progress=sr.print_progress)
for defect in result.defects:
    print(f"defect {defect.number}: {defect.side} {defect.region}, {defect.area_cm2:.1f} cm²")

sr.write(result, "out/example_restored", formats=("stl", "3mf"))
