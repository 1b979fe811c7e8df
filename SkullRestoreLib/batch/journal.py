"""What is done, kept in the batch's own folder, so that a batch that is stopped or killed goes on."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from SkullRestoreLib import staging
from SkullRestoreLib.batch.table import COLUMNS, Row
from SkullRestoreLib.case import InputError

MARK = "batch.jsonl"


class Journal:
    """Rows of what is done, in the batch's own folder."""

    def __init__(self, out: Path, asked: Mapping[str, Any]) -> None:
        self.path, self.asked = out / MARK, json.loads(json.dumps(asked))

    def read(self) -> dict[str, Row]:
        """Rows by case.

        Raises
        ------
        InputError
            If they are of a batch with other settings.
        """
        if not self.path.is_file():
            return {}
        lines = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:  # the process was killed while it wrote this line
                continue
        head, *rows = lines or [{}]
        if other := sorted(name for name in {*head, *self.asked} if head.get(name) != self.asked.get(name)):
            raise InputError(
                f"{self.path.parent} holds a batch of another kind ({', '.join(other)} differ). "
                "Repeat its options to go on with it, choose another folder, or start afresh with --force."
            )
        return {row["case"]: row for row in rows if set(row) == set(COLUMNS)}

    def start(self, rows: Mapping[str, Row]) -> None:
        """Begin, or go on after what is done."""
        lines = [self.asked, *rows.values()]
        staging.write(self.path, lambda part: part.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8"))

    def add(self, row: Row) -> None:
        """Keep a row."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
