"""The audit log: one line per action with time, user, action and outcome; no file name, case or measurement."""

import json
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from SkullRestoreLib.errors import OutputError
from SkullRestoreLib.web.sign_in_throttle import network_of

NOBODY = "nobody"
"""Stands for whoever is not signed in."""
_PERIOD_S = 60.0
_MAX_LINES_PER_ADDRESS, _MAX_LINES_OF_NOBODY = 30, 300
"""Lines about people who are not signed in, in one minute: of one address, and of all. The rest is counted."""


class AuditLog:
    """Writes one JSON object per line; call it to write a line.

    People who are not signed in cannot fill the disk: after some lines in a minute theirs are counted, and the count is
    one line.

    Parameters
    ----------
    path
        File to append to; None writes to standard error.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        try:
            self._file = sys.stderr if path is None else path.open("a", encoding="utf-8", buffering=1)
        except OSError as error:
            raise OutputError(f"The audit file '{path}' cannot be written: {error.strerror}.") from None
        self._period_start = monotonic()
        self._lines_of_nobody: Counter[str] = Counter()  # by address
        self._unlisted = 0

    def __call__(self, user: str, action: str, outcome: str = "done", *, address: str | None = None) -> None:
        """Write one line.

        Parameters
        ----------
        user
            Who acted; :data:`NOBODY` before signing in.
        action
            What was done, in a word or two.
        outcome
            How it ended.
        address
            Network address of a refused request.
        """
        if user == NOBODY and not self._may_list(network_of(address)):
            self._unlisted += 1
            return
        self._write(user, action, outcome, address)

    def summarise_unlisted(self, *, at_once: bool = False) -> None:
        """Write how many lines were left out in the last minute.

        Parameters
        ----------
        at_once
            Also where the minute is not over.
        """
        if not at_once and monotonic() - self._period_start < _PERIOD_S:
            return
        unlisted, self._unlisted = self._unlisted, 0
        self._lines_of_nobody.clear()
        self._period_start = monotonic()
        if unlisted:
            self._write(NOBODY, "further requests", f"refused ({unlisted}, not listed one by one)", None)

    def _may_list(self, network: str) -> bool:
        self.summarise_unlisted()
        if (
            self._lines_of_nobody.total() >= _MAX_LINES_OF_NOBODY
            or self._lines_of_nobody[network] >= _MAX_LINES_PER_ADDRESS
        ):
            return False
        self._lines_of_nobody[network] += 1
        return True

    def _write(self, user: str, action: str, outcome: str, address: str | None) -> None:
        line = {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "user": user,
            "action": action,
            "outcome": outcome,
        }
        if address:
            line["from"] = address
        print(json.dumps(line), file=self._file, flush=True)

    def close(self) -> None:
        """Write what was left out, and close the file."""
        self.summarise_unlisted(at_once=True)
        if self._file is not sys.stderr:
            self._file.close()
