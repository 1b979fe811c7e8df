"""Design an implant for the largest defect, check it, and write it for printing."""

import SkullRestoreLib as sr

result = sr.restore(sr.read("out/sample_ct"), progress=sr.print_progress)
implant = sr.design_implant(result, defect=1, thickness_mm=4.0, clearance_mm=1.0)

# The checks are measured on the finished triangles. Never print a body that did not pass.
assert implant.checks.passed, implant.checks.failed
print(f"{implant.volume_ml:.1f} mL, passed all checks")

sr.write(result, "out/example_implant", implants=[implant], formats=("stl", "3mf"))
