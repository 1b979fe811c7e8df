"""Memory of an application in which one case follows another: measured in a process of its own, so that no other test is counted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("slicer", reason="slicer-core is not installed")

_CASES = """
import json
from helpers_head import head
from helpers_scene import Application
from helpers_session import opened
from test_factor import resident

app, seen = Application(), []
for _ in range(5):
    session = opened(app, head("parietal", 7.0))
    session.start_restoration()
    session.finish()
    full = resident()
    app.scene.Clear(False)
    del session
    seen.append((full, resident()))
print(json.dumps(seen))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_the_memory_of_later_cases_does_not_add_to_the_first_after_their_scenes_are_closed():
    here = Path(__file__).resolve().parent
    done = subprocess.run(
        [sys.executable, "-c", _CASES],
        env={"PYTHONPATH": f"{here}:{here.parent}", "OMP_NUM_THREADS": "1", "HOME": str(Path.home()), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    cases = json.loads(done.stdout.splitlines()[-1])
    first = cases[0]
    assert first[0] - first[1] > 20, f"{cases}: closing a scene gives memory back"
    # on a busy computer one case ends now and then with 80 MiB that are not yet given back; what is lost is lost in every later case too
    left = min(closed for _, closed in cases[-2:]) - first[1]
    assert left < 90, f"{cases}: factors that are not given back would add 50 MiB a case"
