"""Move a reference point, and see how the restored surface follows."""

import SkullRestoreLib as sr

result = sr.restore(sr.read("out/sample_ct"), progress=sr.print_progress)
point = result.points[3]
print("before:", point.position)

# Two millimetres outwards. The surface goes exactly through a moved point; the network is not run again.
edited = result.with_points({3: point.position + 2.0 * point.normal})
print("after:", edited.points[3].position, "moved by the user:", edited.points[3].moved)
print(f"area: {result.defects[0].area_cm2:.2f} -> {edited.defects[0].area_cm2:.2f} cm²")
