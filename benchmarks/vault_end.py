"""Learn the bone beyond the vault anew, and write it into the shape statistics that ship.

``python benchmarks/vault_end.py SKULLS [--split Resources/split.json]``. ``SKULLS`` is SkullFix's folder ``complete``.
The rest of ``shape.safetensors`` and the network, which corrects its shape model, stay as they are; ``weights.json``
gets the new checksum. Deterministic; takes some six seconds a skull. ``skullrestore train`` learns the same for weights
of its own.
"""

import argparse
import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
SEED = 7
POSES = 2
"""Each skull in its found frame, and in a slightly wrong one."""


def learn_vault_end(skulls: Path, names: list[str], shape: Path) -> None:
    """Add the bone beyond the vault of some skulls to a file of shape statistics.

    Parameters
    ----------
    skulls
        Folder of intact skulls.
    names
        Those that are learnt from.
    shape
        The file.
    """
    from safetensors import safe_open

    from SkullRestoreLib.io import read
    from SkullRestoreLib.pipeline import head_steps
    from SkullRestoreLib.segmentation import bone_segmentation
    from SkullRestoreLib.skull_model.atlas import Atlas, load_atlas
    from SkullRestoreLib.training.dataset import trace_jittered_poses
    from SkullRestoreLib.training.fit_vault_end import fit_vault_end, measure_end_fields

    atlas, fields = load_atlas(shape), []
    for name in names:
        bone = bone_segmentation.segment(read.read(skulls / f"{name}.nrrd"))
        pose = head_steps.find_pose(bone, atlas)
        rng = np.random.default_rng([SEED, *name.encode()])
        for intervals, reach in zip(*trace_jittered_poses(bone, pose, count=POSES, rng=rng), strict=True):
            fields.append(measure_end_fields(intervals, reach, atlas.model))
        print(name, flush=True)
    with safe_open(str(shape), "np") as file:
        facts = {name: text for name, text in file.metadata().items() if name != "atlas"}
    model = replace(atlas.model, end=fit_vault_end(fields, atlas.model))
    Atlas(model, atlas.template).save(shape, facts=facts)


def main() -> None:
    """Read the command line, learn, and write the checksum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("skulls", type=Path)
    parser.add_argument("--split", type=Path, default=ROOT / "Resources" / "split.json")
    arguments = parser.parse_args()
    names = [n for n in json.loads(arguments.split.read_text())["train"] if not n.startswith("holed/")]
    shape, checksums = ROOT / "Resources" / "shape.safetensors", ROOT / "Resources" / "weights.json"
    learn_vault_end(arguments.skulls, names, shape)
    known = json.loads(checksums.read_text())
    known["shape.safetensors"] = hashlib.sha256(shape.read_bytes()).hexdigest()
    checksums.write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    main()
