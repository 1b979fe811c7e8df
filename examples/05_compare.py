"""Compare a restored skull with the same skull before it was damaged."""

import SkullRestoreLib as sr

result = sr.restore(sr.read("out/sample_ct"), progress=sr.print_progress)

# The sample head comes with its truth. The skull before is first laid over the restored one: it may be another scan.
comparison = sr.compare(result, sr.read("out/sample_ct/truth/intact.nrrd"))
print(f"RMS {comparison.deviation.rms_mm:.2f} mm")
