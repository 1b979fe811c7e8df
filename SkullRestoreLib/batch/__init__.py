"""Restore many cases: a list in, one folder per case and a table out.

A batch is resumable, and a case that fails becomes a row with its reason. The folder of a case appears complete or not
at all, and its row is written after it, so a batch that is killed loses only the cases in progress (decision 0040).
Names of inputs may identify patients: unless the user asks for it, neither folders nor tables repeat them.
"""

from SkullRestoreLib.batch.case_list import BatchCase, read_case_list
from SkullRestoreLib.batch.run import (
    CASES_FOLDER,
    LOG_NAME,
    TABLE_STEM,
    BatchJob,
    BatchProgress,
    restore_case,
    run_batch,
)
from SkullRestoreLib.batch.table import (
    FAILED,
    NO_DEFECT,
    NO_MEMORY,
    NOT_WRITTEN,
    RESTORED,
    WITHHELD,
    CaseRow,
    count_sentence,
)

__all__ = [
    "CASES_FOLDER",
    "FAILED",
    "LOG_NAME",
    "NOT_WRITTEN",
    "NO_DEFECT",
    "NO_MEMORY",
    "RESTORED",
    "TABLE_STEM",
    "WITHHELD",
    "BatchCase",
    "BatchJob",
    "BatchProgress",
    "CaseRow",
    "count_sentence",
    "read_case_list",
    "restore_case",
    "run_batch",
]
