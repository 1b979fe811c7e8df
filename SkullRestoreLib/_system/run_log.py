"""The log of a run that can be continued: options in the first line, then one line of JSON for each finished job.

The file is written anew, complete or not at all, when a run starts, and lines are appended as jobs finish. A line that
a killed process left half written costs its own job only. What happens where the options differ is decided by the
caller: an evaluation starts afresh, a batch refuses (decision 0083).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from SkullRestoreLib._system import atomic_write

Rows = list[dict[str, Any]]
"""Lines of a table."""


@dataclass(frozen=True)
class RunLog:
    """Rows of the finished jobs of a run.

    Parameters
    ----------
    path
        The file; None keeps nothing.
    options
        What decides the rows. Values must be of JSON's types.
    """

    path: Path | None
    options: Mapping[str, Any]

    def changed_options(self) -> tuple[str, ...]:
        """Compare the options with those of the file.

        Returns
        -------
        tuple of str
            Names of the options that differ, sorted; empty where there is no file.

        Examples
        --------
        >>> RunLog(None, {"seed": 1}).changed_options()
        ()
        """
        lines = self._read_lines()
        if not lines:
            return ()
        expected = json.loads(json.dumps(dict(self.options)))
        found = _parse_object(lines[0])
        return tuple(sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name)))

    def read_finished(self) -> dict[str, Rows]:
        """Read the rows of the finished jobs.

        Returns
        -------
        dict
            Rows by the job's name; empty where there is no file, or where its options differ.
        """
        if self.changed_options():
            return {}
        finished = (_parse_object(line) for line in self._read_lines()[1:])
        return {line["job"]: line["rows"] for line in finished if set(line) == {"job", "rows"}}

    def write_finished(self, finished: Mapping[str, Rows]) -> None:
        """Start the file with the options and the rows of finished jobs, in the place of what it held.

        Parameters
        ----------
        finished
            Rows by job.
        """
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(f"{line}\n" for line in self._lines_to_write(finished))
        atomic_write.write_atomically(self.path, lambda part: part.write_text(text, encoding="utf-8"))

    def append_rows(self, job: str, rows: Rows) -> None:
        """Add the rows of one job.

        Parameters
        ----------
        job
            Its name.
        rows
            Its rows.
        """
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(_job_line(job, rows) + "\n")

    def delete_file(self) -> None:
        """Delete the file, once nothing is left to continue."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _read_lines(self) -> list[str]:
        if self.path is None or not self.path.is_file():
            return []
        return self.path.read_text(encoding="utf-8").splitlines() or [""]  # an empty file has lost its options

    def _lines_to_write(self, finished: Mapping[str, Rows]) -> Iterator[str]:
        yield json.dumps(dict(self.options))
        for job, rows in finished.items():
            yield _job_line(job, rows)


def _job_line(job: str, rows: Rows) -> str:
    return json.dumps({"job": job, "rows": rows})


def _parse_object(line: str) -> dict[str, Any]:
    """The object of a line; an empty one where the line was cut off."""
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
