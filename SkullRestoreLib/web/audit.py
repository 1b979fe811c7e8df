"""A line for each thing that was done: when, who, what, how it went. Nothing of a patient: no file name, no case, no measure."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from SkullRestoreLib.case import OutputError


class Audit:
    """Writes lines of JSON.

    Parameters
    ----------
    path
        A file to which lines are added; None writes to standard error.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """

    def __init__(self, path: Path | None):
        try:
            self._file = sys.stderr if path is None else path.open("a", encoding="utf-8", buffering=1)
        except OSError as error:
            raise OutputError(f"The audit file '{path}' cannot be written: {error.strerror}.") from None

    def __call__(self, who: str, action: str, outcome: str = "done", *, address: str | None = None) -> None:
        """Write one line."""
        line = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "user": who, "action": action, "outcome": outcome}
        if address:
            line["from"] = address
        print(json.dumps(line), file=self._file, flush=True)

    def close(self) -> None:
        """Close the file."""
        if self._file is not sys.stderr:
            self._file.close()
