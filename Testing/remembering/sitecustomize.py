"""Python runs this at the start of a process whose path holds this folder: it shares results with the tests.

Nothing happens outside a run of the tests, whose conftest.py names the folder of the results.
"""

import os
import sys

if os.environ.get("SKULLRESTORE_TESTS_REMEMBER"):
    from pathlib import Path

    sys.path.append(str(Path(__file__).resolve().parent.parent))
    import helpers_remember

    helpers_remember.take_part()
