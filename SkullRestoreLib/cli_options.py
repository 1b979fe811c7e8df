"""Command-line options made from the settings, so that nothing about a setting is said twice."""

import inspect
import re
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from SkullRestoreLib.settings import ImplantSettings, Option, Settings, options


def _device(value: str) -> str:
    if re.fullmatch(r"cpu|cuda(:\d+)?|mps", value) is None:
        raise typer.BadParameter(f"'{value}' is no device; use cpu, cuda, cuda:0, cuda:1, ... or mps.")
    return value


Device = Annotated[
    str, typer.Option(callback=_device, help="Where the network runs: cpu, cuda, cuda:1 or mps.", rich_help_panel="Restoration")
]


def scheduler_option(more: str) -> Any:
    """The option for a cluster; ``more`` says what the command does with it."""
    return typer.Option(metavar="ADDRESS", help=f"Dask scheduler of a cluster, such as tcp://host:8786{more}", show_default=False)


class Also(StrEnum):
    """What `restore` writes beside the usual files."""

    PDF = "pdf"
    PLY = "ply"
    OBJ = "obj"
    THREEMF = "3mf"
    DICOM = "dicom"


_TYPES = {"number": float, "count": int, "switch": bool, "text": str, "direction": str, "labels": str}


def with_settings(command: Callable[..., None], *, own: dict[str, Any] | None = None) -> Callable[..., None]:
    """Give a command one option for each setting; it gets them as one argument ``settings``.

    Parameters
    ----------
    command
        Takes ``context`` and ``settings`` among its arguments.
    own
        Annotations that replace the derived ones, by the setting's name: for callbacks of the door.
    """
    signature = inspect.signature(command, eval_str=True)
    chosen = (*options(Settings), *options(ImplantSettings))
    derived = [_parameter(one, (own or {}).get(one.name)) for one in chosen]
    names = {p.name: one for p, one in zip(derived, chosen, strict=True)}

    @wraps(command)
    def called(**given: Any) -> None:
        values = {one.name: _read(one, given.pop(name)) for name, one in names.items()}
        implant = {one.name: values.pop(one.name) for one in options(ImplantSettings)}
        # told by its name: typer brings its own click, and no other need be installed
        by_hand = given["context"].get_parameter_source("thickness").name != "DEFAULT"
        if implant["follow_inner_table"] and by_hand:
            raise typer.BadParameter("--thickness and --follow-inner-table exclude each other; use one of them.")
        command(settings=Settings(**values, implant=ImplantSettings(**implant)), **given)

    kept = [p for p in signature.parameters.values() if p.name != "settings"]
    called.__signature__ = signature.replace(parameters=[*kept, *derived])
    called.__annotations__ = {p.name: p.annotation for p in (*kept, *derived)} | {"return": None}
    return called


def _parameter(one: Option, annotation: Any) -> inspect.Parameter:
    """The option of one setting; its name is the flag's."""
    name = one.flag.removeprefix("--").replace("-", "_")
    default = _text(one.default) if one.kind in ("direction", "labels") else one.default
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation or _annotation(one))


def _annotation(one: Option) -> Any:
    kind = Literal[one.choices] if one.kind == "choice" else _TYPES[one.kind]
    unit = f" [{one.unit}]" if one.unit else ""
    declared: dict[str, Any] = {"help": f"{one.help}{unit}".replace("[", "\\["), "rich_help_panel": one.group}
    if one.kind in ("number", "count"):
        declared |= {"min": one.low, "max": one.high}
    if one.optional or one.kind == "labels":
        declared["show_default"] = False
    if one.kind == "direction":
        declared["metavar"] = "R,A,S"
    if one.kind == "labels":
        declared["metavar"] = "POINT,POINT,..."
    flag = f"{one.flag}/--no-{one.flag.removeprefix('--')}" if one.default is True else one.flag
    if one.name == "weights":
        kind = Path
    return Annotated[kind | None if one.optional else kind, typer.Option(flag, **declared)]


def _text(value: Any) -> str | None:
    return None if value is None else ",".join(str(part) for part in value)


def _read(one: Option, value: Any) -> Any:
    if value is None:
        return None
    if one.kind == "labels":
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if one.kind == "direction":
        try:
            value = tuple(float(part) for part in value.split(","))
        except ValueError:
            raise typer.BadParameter(f"{one.flag}: {value!r} is no direction; write three numbers such as 0,0,-1.") from None
        if (wrong := one.complaint(value)) is not None:
            raise typer.BadParameter(f"{one.flag}: {wrong}")
    return str(value) if one.name == "weights" else value
