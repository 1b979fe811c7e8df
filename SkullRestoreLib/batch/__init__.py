"""Many cases: a list in, a folder for each case and a table out. What was done is kept, what fails is a row with its reason.

A case's folder appears complete or not at all, and its row is written after it; so a batch that is killed loses only what was being worked on.
Names of inputs may name patients: without being asked to, neither folders nor tables repeat them.
"""

from SkullRestoreLib.batch.journal import MARK, Journal
from SkullRestoreLib.batch.listing import Case, read_list
from SkullRestoreLib.batch.runner import CASES, TABLE, Job, Told, run, work
from SkullRestoreLib.batch.table import FAILED, NO_MEMORY, RESTORED, WHOLE, Row, counts

__all__ = [
    "CASES",
    "FAILED",
    "MARK",
    "NO_MEMORY",
    "RESTORED",
    "TABLE",
    "WHOLE",
    "Case",
    "Job",
    "Journal",
    "Row",
    "Told",
    "counts",
    "read_list",
    "run",
    "work",
]
