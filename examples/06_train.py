"""Train the network on your own intact skulls, and restore with the result.

The folder holds one file or one DICOM folder for each skull: masks, CT or models. At least eight; hundreds are better.
Training needs two more packages: ``pip install lightning matplotlib``.
"""

import subprocess
import sys

from sample_heads import make_intact_skulls  # the file next to this one

import SkullRestoreLib as sr

skulls = make_intact_skulls("out/intact_skulls")  # or pathlib.Path("your/folder")

# Twelve synthetic skulls and 64 variants take minutes and show how it works. For weights that are of use, leave the
# last two options out: training takes hours then. Ctrl-C stops it, and the same command continues where it stopped.
command = [sys.executable, "-m", "SkullRestoreLib.cli", "train", "--skulls", str(skulls), "--out", "runs/mine"]
subprocess.run([*command, "--samples", "64", "--epochs", "2"], check=True)

# The shape statistics are read from the folder of the weights.
result = sr.restore(sr.read("out/sample_ct"), weights="runs/mine/network.safetensors", progress=sr.print_progress)
print(f"{len(result.defects)} defects")
