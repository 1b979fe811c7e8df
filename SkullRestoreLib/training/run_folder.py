"""The folder of a training run: which run owns it, which steps are done, and which of several processes does them."""

import errno
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from SkullRestoreLib._system.atomic_write import PART_PREFIX, remove_path, write_atomically
from SkullRestoreLib.errors import InputError, OutputError
from SkullRestoreLib.io import output_folder

RUN_FILE, READY_FILE = "run.json", "ready.json"
_RUN_FILES = {
    RUN_FILE, READY_FILE, "template.npz", "poses.json", "completed.npz", "prepared", "shape.safetensors",
    "network.safetensors", "paper.safetensors", "split.json", "settings.json", "curves.csv", "curves.png",
    "checkpoints",
}  # fmt: skip


def is_first_process() -> bool:
    """Tell whether this is the first of the run's processes; only this one prepares and writes."""
    variables = ("RANK", "LOCAL_RANK", "SLURM_PROCID", "JSM_NAMESPACE_RANK")
    rank = next((os.environ[name] for name in variables if name in os.environ), "0")
    return rank == "0" and os.environ.get("NODE_RANK", "0") == "0"


def claim_folder(out: Path, choices: Mapping[str, Any], *, force: bool = False) -> None:
    """Make a folder this run's own, or check that it already is.

    Parameters
    ----------
    out
        The run's folder.
    choices
        What decides the result: data and options. Written into ``run.json``.
    force
        Delete an earlier run.

    Raises
    ------
    OutputError
        If the folder holds anything else, or cannot be written.
    InputError
        If it holds a run with other choices.
    """
    output_folder.check_folder(out, marker=RUN_FILE, is_result_file=_is_run_file, force=True)
    choices = json.loads(json.dumps(choices))
    if force and out.is_dir():
        # ready.json goes first: a run that is killed here must not look ready
        for path in sorted((p for p in out.iterdir() if _is_run_file(p.name)), key=lambda p: p.name != READY_FILE):
            remove_path(path)
    out.mkdir(parents=True, exist_ok=True)
    known = read_json(out / RUN_FILE, {})
    differences = [
        f"{name.replace('_', ' ')} {_shorten_value(known.get(name))}, now {_shorten_value(choices[name])}"
        for name in choices
        if known.get(name) != choices[name]
    ]
    if known and differences:
        raise InputError(
            f"{out} holds a run with other choices ({'; '.join(differences)}). "
            "Repeat them to continue it, choose another folder, or start afresh with --force."
        )
    if not known:
        write_atomically(out / RUN_FILE, lambda path: path.write_text(json.dumps(choices, indent=1)))


def _is_run_file(name: str) -> bool:
    return name.removeprefix(PART_PREFIX) in _RUN_FILES


def _shorten_value(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def read_json(path: Path, default: Any) -> Any:
    """Read a JSON file.

    Parameters
    ----------
    path
        The file.
    default
        Returned if it does not exist.
    """
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else default


def wait_for_file(path: Path, *, hours: float = 24.0) -> None:
    """Wait until another process has written a file.

    Parameters
    ----------
    path
        The file.
    hours
        How long to wait.

    Raises
    ------
    OutputError
        If it is not written in time.
    """
    end = time.monotonic() + 3600 * hours
    while not path.is_file():
        if time.monotonic() > end:
            raise OutputError(
                f"The first process has not written {path} within {hours:g} hours; see its output. "
                "All nodes must see the same folder."
            )
        time.sleep(1)


@contextmanager
def explain_disk_errors(out: Path) -> Iterator[None]:
    """Turn a full disk or a missing permission into an error that says what to do.

    Parameters
    ----------
    out
        The run's folder.

    Raises
    ------
    OutputError
        If the disk is full or may not be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutputError(
                f"The disk of {out} is full. Make room and start the same command again; it goes on where it stopped."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise OutputError(
                f"There is no permission to write {error.filename or out}; "
                "choose another folder or ask for the permission."
            ) from error
        raise
