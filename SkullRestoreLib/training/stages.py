"""The folder of a training run: whose it is, what is done, and who of several processes does it."""

import errno
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from SkullRestoreLib import folder
from SkullRestoreLib.case import InputError, OutputError
from SkullRestoreLib.staging import PART, remove, write

MARK, READY = "run.json", "ready.json"
_OURS = {
    MARK, READY, "template.npz", "poses.json", "completed.npz", "prepared", "shape.safetensors",
    "network.safetensors", "paper.safetensors", "split.json", "settings.json", "curves.csv", "curves.png", "checkpoints",
}  # fmt: skip


def first_process() -> bool:
    """Whether this is the first of the run's processes; it alone prepares and writes."""
    ranks = ("RANK", "LOCAL_RANK", "SLURM_PROCID", "JSM_NAMESPACE_RANK")
    own = next((os.environ[name] for name in ranks if name in os.environ), "0")
    return own == "0" and os.environ.get("NODE_RANK", "0") == "0"


def claim(out: Path, choices: Mapping[str, Any], *, force: bool = False) -> None:
    """Make a folder this run's own, or find that it is.

    Parameters
    ----------
    out
        The run's folder.
    choices
        What decides the result: data and numbers. Written into ``run.json``.
    force
        Throw an earlier run away.

    Raises
    ------
    OutputError
        If the folder holds anything else, or cannot be written.
    InputError
        If a run with other choices lives there.
    """
    folder.check(out, mark=MARK, ours=_is_ours, force=True)
    choices = json.loads(json.dumps(choices))
    if force and out.is_dir():
        # a run that is killed here must not leave word that something is ready which has gone
        for path in sorted((p for p in out.iterdir() if _is_ours(p.name)), key=lambda p: p.name != READY):
            remove(path)
    out.mkdir(parents=True, exist_ok=True)
    known = load_json(out / MARK, {})
    other = [
        f"{name.replace('_', ' ')} {_brief(known.get(name))}, now {_brief(choices[name])}"
        for name in choices
        if known.get(name) != choices[name]
    ]
    if known and other:
        raise InputError(
            f"{out} holds a run with other choices ({'; '.join(other)}). Repeat them to go on with it, choose another folder, or start afresh with --force."
        )
    if not known:
        write(out / MARK, lambda path: path.write_text(json.dumps(choices, indent=1)))


def _is_ours(name: str) -> bool:
    return name.removeprefix(PART) in _OURS


def _brief(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def load_json(path: Path, default: Any) -> Any:
    """What a file says; ``default`` where there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else default


def wait_for(path: Path, *, hours: float = 24.0) -> None:
    """Wait until another process has written a file.

    Raises
    ------
    OutputError
        If it does not come.
    """
    end = time.monotonic() + 3600 * hours
    while not path.is_file():
        if time.monotonic() > end:
            raise OutputError(
                f"The first process has not written {path} within {hours:g} hours; see what it says. All nodes must see the same folder."
            )
        time.sleep(1)


@contextmanager
def said_clearly(out: Path) -> Iterator[None]:
    """Turn a full disk or a lost permission into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutputError(
                f"The disk of {out} is full. Make room and start the same command again; it goes on where it stopped."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise OutputError(
                f"There is no permission to write {error.filename or out}; choose another folder or ask for the permission."
            ) from error
        raise
