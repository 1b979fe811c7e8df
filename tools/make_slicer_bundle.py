"""Make the offline bundle for 3D Slicer: one zip for each system, with the module and the wheels that it needs.

    make slicer-bundle [ARGS="--system windows --out FOLDER"]

Wheels are downloaded for the Python of 3D Slicer 5.12 and newer. numpy, scipy and VTK are Slicer's own and stay out.
The hospital's computer then needs no connection: unpack, add the module's folder, press *Install from folder*.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = "3.12"
"""Of 3D Slicer 5.12 and newer."""
SYSTEMS = {
    "windows": ["win_amd64"],
    "linux": [f"manylinux_2_{n}_x86_64" for n in (17, 24, 26, 27, 28)] + ["manylinux2014_x86_64"],
    "macos-intel": [f"macosx_{n}_x86_64" for n in ("10_9", "10_13", "11_0", "12_0", "13_0")]
    + [f"macosx_{n}_universal2" for n in ("10_9", "10_13", "11_0")],
    "macos-arm": [f"macosx_{n}_0_arm64" for n in (11, 12, 13, 14)]
    + [f"macosx_{n}_universal2" for n in ("10_9", "10_13", "11_0")],
}
"""System: the tags of its wheels. On Linux as old as the systems on which Slicer runs."""
OF_SLICER = ("numpy", "scipy", "vtk")
PARTS = ("SkullRestore", "SkullRestoreLib", "Resources")
"""Folders of the repository that a run inside 3D Slicer needs, as in SkullRestore/CMakeLists.txt."""
PAGE = """SkullRestore {version} for 3D Slicer 5.12 or newer, {system}. Research use only, not a medical device.

Nothing is downloaded. On the computer without a network:

1. Unpack this zip into a folder that stays.
2. In 3D Slicer: Edit > Application Settings > Modules > Additional module paths > Add, and choose the folder
   SkullRestore
   that lies next to this page. Let 3D Slicer restart.
3. Open the module SkullRestore (category Planning). At its top press Install from folder.
   It takes the wheel files of the folder wheels next to this page; Slicer's own numpy, scipy and VTK stay as they are.
4. Press Make a sample head, then Restore, to see that all is there.

The licence is in LICENSE.txt. Each wheel file holds its own.
"""


def main() -> None:
    """Make the bundles."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("--system", choices=[*SYSTEMS], action="append", help="one or more; all without it")
    reader.add_argument("--out", type=Path, default=ROOT / "out" / "slicer-bundle", help="folder of the zips")
    given = reader.parse_args()
    for system in given.system or SYSTEMS:
        with tempfile.TemporaryDirectory() as folder:
            wheels = download_wheels(system, Path(folder))
            bundle = write_bundle(system, wheels, given.out)
        print(f"{bundle}: {len(wheels)} wheel files, {bundle.stat().st_size / 1e6:.0f} MB")


def download_wheels(system: str, folder: Path) -> list[Path]:
    """Download the wheels that the module needs on a system; Slicer's own packages are left out."""
    tags = [part for tag in SYSTEMS[system] for part in ("--platform", tag)]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download"]
    command += ["--only-binary=:all:", "--python-version", PYTHON, "--implementation", "cp", *tags]
    requirements = ROOT / "Resources" / "requirements.txt"
    subprocess.run([*command, "--dest", str(folder), "--requirement", str(requirements)], check=True)
    return [path for path in sorted(folder.glob("*.whl")) if package_of(path) not in OF_SLICER]


def package_of(wheel: Path) -> str:
    """Name of a wheel's package, as the package index spells it."""
    return plain_name(wheel.name.split("-")[0])


def plain_name(name: str) -> str:
    """Name of a package, of which there are several spellings."""
    return re.sub(r"[-_.]+", "-", name).lower()


def write_bundle(system: str, wheels: list[Path], out: Path) -> Path:
    """Write the zip of one system.

    Raises
    ------
    SystemExit
        If a package that the module asks for has no wheel: such a bundle would fail where nobody can help.
    """
    lines = (ROOT / "Resources" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needed = {plain_name(re.split("[>=<~!]", line)[0]) for line in lines if line[:1].isalpha()}
    if missing := needed - {package_of(path) for path in wheels}:
        raise SystemExit(f"No wheel for {system} and Python {PYTHON} of: {', '.join(sorted(missing))}")
    name = f"SkullRestore-{version()}-{system}"
    out.mkdir(parents=True, exist_ok=True)
    target = out / f"{name}.zip"
    unfinished = target.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as bundle:
        for part in PARTS:
            for path in sorted((ROOT / part).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    bundle.write(path, f"{name}/{path.relative_to(ROOT).as_posix()}")
        bundle.write(ROOT / "LICENSE.txt", f"{name}/LICENSE.txt")
        bundle.writestr(f"{name}/INSTALL.txt", PAGE.format(version=version(), system=system))
        for path in wheels:
            with path.open("rb") as source, bundle.open(f"{name}/wheels/{path.name}", "w") as stored:
                shutil.copyfileobj(source, stored)
    unfinished.replace(target)  # never half-written under its name
    return target


def version() -> str:
    """Version of the library, without importing it: it may lack what it needs."""
    text = (ROOT / "SkullRestoreLib" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"', text, re.MULTILINE)
    if found is None:
        raise SystemExit("SkullRestoreLib/__init__.py states no version.")
    return found[1]


if __name__ == "__main__":
    main()
