"""Memory of an application with one case after another, measured in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers_quick import FOLDER_VARIABLE

pytest.importorskip("slicer", reason="slicer-core is not installed")

_CASES = """
import json
from helpers_head import phantom_head
from helpers_scene import Application
from helpers_session import open_session
from helpers_factor import resident
from helpers_quick import long_steps_remembered

app, seen = Application(), []
with long_steps_remembered():  # the factors are made anew
    for _ in range(4):
        session = open_session(app, phantom_head("parietal", 7.0))
        session.start_restoration()
        session.wait_until_done()
        full = resident()
        app.scene.Clear(False)
        del session
        seen.append((full, resident()))
print(json.dumps(seen))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_the_memory_of_later_cases_does_not_add_to_the_first_after_their_scenes_are_closed():
    here = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-c", _CASES],
        env={
            "PYTHONPATH": f"{here}:{here.parent}",
            "OMP_NUM_THREADS": "1",
            "HOME": str(Path.home()),
            "PATH": "",
            FOLDER_VARIABLE: os.environ[FOLDER_VARIABLE],
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    cases = json.loads(done.stdout.splitlines()[-1])
    first = cases[0]
    assert first[0] - first[1] > 20, f"{cases}: closing a scene gives memory back"
    # on a busy computer a case may end with 80 MiB that are not released yet; a leak is in every later case too
    left = min(closed for _, closed in cases[-2:]) - first[1]
    assert left < 90, f"{cases}: factors that are not given back would add 50 MiB a case"
