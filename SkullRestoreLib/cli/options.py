"""Command-line options made from the list of settings, so that each setting is described once."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from SkullRestoreLib.settings import (
    SURFACE_SETTINGS,
    ImplantSettings,
    PlanSettings,
    Settings,
    SettingSpec,
    find_contradiction,
    find_unknown_point,
    list_settings,
)


def add_command(app: typer.Typer, command: Callable[..., None], name: str | None = None) -> None:
    """Add a command to an application, with its docstring as help.

    Typer keeps the line breaks of a docstring; here each paragraph becomes one line, which fits any terminal.

    Parameters
    ----------
    app
        To which the command is added.
    command
        A function with Typer's annotations.
    name
        Default: the function's.
    """
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    app.command(name, help="\n\n".join(" ".join(paragraph.split("\n")) for paragraph in paragraphs))(command)


def _check_device(value: str) -> str:
    if re.fullmatch(r"cpu|cuda(:\d+)?|mps", value) is None:
        raise typer.BadParameter(f"'{value}' is no device; use cpu, cuda, cuda:0, cuda:1, ... or mps.")
    return value


DeviceOption = Annotated[
    str,
    typer.Option(
        callback=_check_device, help="Where the network runs: cpu, cuda, cuda:1 or mps.", rich_help_panel="Restoration"
    ),
]


def scheduler_option(more: str) -> Any:
    """Make the option for a cluster.

    Parameters
    ----------
    more
        End of the help text: what the command does with the cluster.

    Returns
    -------
    typer.models.OptionInfo
    """
    return typer.Option(
        metavar="ADDRESS", help=f"Dask scheduler of a cluster, such as tcp://host:8786{more}", show_default=False
    )


OutOption = Annotated[
    Path,
    typer.Option(
        "--out", "-o", help="Folder for the result; new or empty. It appears only when the result is complete."
    ),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace an earlier result in the output folder.")]
KeepFailed = Annotated[
    bool,
    typer.Option(
        "--keep-failed",
        help="Also write implants that did not pass their checks, as implant_1_NOT_PASSED.stl and so on; "
        "they are never in 3MF, voxels or DICOM.",
    ),
]


class ExtraFormat(StrEnum):
    """Files that `restore` writes besides the usual ones."""

    PDF = "pdf"
    PLY = "ply"
    OBJ = "obj"
    THREEMF = "3mf"
    DICOM = "dicom"


_OPTION_TYPES: dict[str, type] = {
    "number": float,
    "count": int,
    "switch": bool,
    "text": str,
    "direction": str,
    "labels": str,
    "numbers": str,
}
_LIST_KINDS = {"labels": "POINT,POINT,...", "numbers": "NUMBER,NUMBER,..."}
"""Settings with any number of values, and what stands for them in the help."""


def with_settings(command: Callable[..., None], *, annotations: Mapping[str, Any] | None = None) -> Callable[..., None]:
    """Give a command one option per setting; it gets them as one argument ``settings``.

    Parameters
    ----------
    command
        Takes ``context`` and ``settings`` among its arguments.
    annotations
        Replace the derived ones, by the setting's name: for options with a check of their own.

    Returns
    -------
    callable
        The command with its options in the signature, where Typer looks for them.

    Raises
    ------
    typer.BadParameter
        When the command runs: if a value is out of range, or contradicts another one.
    """
    signature = inspect.signature(command, eval_str=True)
    specs = (*list_settings(Settings), *list_settings(ImplantSettings))
    derived = [_option_parameter(spec, (annotations or {}).get(spec.name)) for spec in specs]
    spec_of_option = {p.name: spec for p, spec in zip(derived, specs, strict=True)}

    @wraps(command)
    def run_command(**arguments: Any) -> None:
        values = {spec.name: _read_option(spec, arguments.pop(name)) for name, spec in spec_of_option.items()}
        # compared by name: Typer bundles a copy of click, and click itself may not be installed
        source = arguments["context"].get_parameter_source
        given = {spec.name for name, spec in spec_of_option.items() if source(name).name != "DEFAULT"}
        command(settings=_make_settings(values, given), **arguments)

    kept = [p for p in signature.parameters.values() if p.name != "settings"]
    vars(run_command)["__signature__"] = signature.replace(parameters=[*kept, *derived])
    run_command.__annotations__ = {p.name: p.annotation for p in (*kept, *derived)} | {"return": None}
    return run_command


def with_design_changes(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option per setting of a design; it gets those that were given as one argument ``changes``.

    These are the settings of implants, and those of the restored surface that need no new prediction.

    Parameters
    ----------
    command
        Takes ``context`` and ``changes`` among its arguments.

    Returns
    -------
    callable
        The command with its options in the signature. None of them has a default: what is not given stays as it is.
    """
    signature = inspect.signature(command, eval_str=True)
    specs = (*(s for s in list_settings(Settings) if s.name in SURFACE_SETTINGS), *list_settings(ImplantSettings))
    derived = [
        # every switch can be turned off again
        _option_parameter(replace(spec, optional=True, default=True if spec.kind == "switch" else None), None).replace(
            default=None
        )
        for spec in specs
    ]
    spec_of_option = {p.name: spec for p, spec in zip(derived, specs, strict=True)}

    @wraps(command)
    def run_command(**arguments: Any) -> None:
        given = {spec: arguments.pop(name) for name, spec in spec_of_option.items()}
        changes = {spec.name: _read_option(spec, value) for spec, value in given.items() if value is not None}
        for spec in specs[: len(SURFACE_SETTINGS)]:
            if spec.name in changes and (message := spec.error_message(changes[spec.name])) is not None:
                raise typer.BadParameter(f"{spec.cli_flag}: {message}")
        command(changes=changes, **arguments)

    kept = [p for p in signature.parameters.values() if p.name != "changes"]
    vars(run_command)["__signature__"] = signature.replace(parameters=[*kept, *derived])
    run_command.__annotations__ = {p.name: p.annotation for p in (*kept, *derived)} | {"return": None}
    return run_command


def with_plan_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option per setting of a plan; it gets them as one argument ``plan_settings``.

    Parameters
    ----------
    command
        Takes ``plan_settings`` among its arguments.

    Returns
    -------
    callable
        The command with its options in the signature.

    Raises
    ------
    typer.BadParameter
        When the command runs: if a value is out of range.
    """
    signature = inspect.signature(command, eval_str=True)
    specs = list_settings(PlanSettings)
    derived = [_option_parameter(spec, None) for spec in specs]
    spec_of_option = {p.name: spec for p, spec in zip(derived, specs, strict=True)}

    @wraps(command)
    def run_command(**arguments: Any) -> None:
        values = {spec.name: _read_option(spec, arguments.pop(name)) for name, spec in spec_of_option.items()}
        for spec in specs:
            if (message := spec.error_message(values[spec.name])) is not None:
                raise typer.BadParameter(f"{spec.cli_flag}: {message}")
        command(plan_settings=PlanSettings(**values), **arguments)

    kept = [p for p in signature.parameters.values() if p.name != "plan_settings"]
    vars(run_command)["__signature__"] = signature.replace(parameters=[*kept, *derived])
    run_command.__annotations__ = {p.name: p.annotation for p in (*kept, *derived)} | {"return": None}
    return run_command


def changed_implant_settings(settings: ImplantSettings, changes: Mapping[str, Any]) -> ImplantSettings:
    """Change settings of implants by options that were given.

    Parameters
    ----------
    settings
        As they were.
    changes
        New values by name.

    Returns
    -------
    ImplantSettings
        Changed.

    Raises
    ------
    typer.BadParameter
        If a value is out of range, or a given option has no effect together with the other settings.
    """
    contradiction = find_contradiction(vars(settings) | changes, set(changes), lambda spec: spec.cli_flag)
    if contradiction is not None:
        raise typer.BadParameter(contradiction)
    try:
        return settings.with_changes(**changes)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _make_settings(values: dict[str, Any], given: set[str]) -> Settings:
    """Make settings from all values; ``given`` are the names of those that the user gave."""
    implant = {spec.name: values.pop(spec.name) for spec in list_settings(ImplantSettings)}
    if (message := find_contradiction(implant, given, lambda spec: spec.cli_flag)) is not None:
        raise typer.BadParameter(message)
    for spec in (*list_settings(Settings), *list_settings(ImplantSettings)):
        if (message := spec.error_message({**values, **implant}[spec.name])) is not None:
            raise typer.BadParameter(f"{spec.cli_flag}: {message}")
    try:
        settings = Settings(**values, implant=ImplantSettings(**implant))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if (label := find_unknown_point(settings.implant.fixation_points, settings.points)) is not None:
        raise typer.BadParameter(
            f"There will be no reference point {label}: --points asks for {settings.points} per defect."
        )
    return settings


def _option_parameter(spec: SettingSpec, annotation: Any) -> inspect.Parameter:
    """Make the parameter for one setting; it has the name of the flag."""
    name = spec.cli_flag.removeprefix("--").replace("-", "_")
    default = _default_text(spec.default) if spec.kind in ("direction", *_LIST_KINDS) else spec.default
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation or _option_annotation(spec)
    )


def _option_annotation(spec: SettingSpec) -> Any:
    kind: Any = Literal[spec.choices] if spec.kind == "choice" else _OPTION_TYPES[spec.kind]
    if spec.name == "weights":
        kind = Path
    # the range is checked with the settings: their sentence names the unit
    declared: dict[str, Any] = {"help": f"{spec.help}{_range_text(spec)}", "rich_help_panel": spec.group}
    if spec.optional or spec.kind in _LIST_KINDS:
        declared["show_default"] = False
    if spec.kind == "direction":
        declared["metavar"] = "R,A,S"
    if spec.kind in _LIST_KINDS:
        declared["metavar"] = _LIST_KINDS[spec.kind]
    flag = f"{spec.cli_flag}/--no-{spec.cli_flag.removeprefix('--')}" if spec.default is True else spec.cli_flag
    return Annotated[kind | None if spec.optional else kind, typer.Option(flag, **declared)]


def _range_text(spec: SettingSpec) -> str:
    """Range and unit of a number for the help text, with an escaped bracket; empty for anything else."""
    if spec.low is None or spec.high is None:
        return f" \\[{spec.unit}]" if spec.unit else ""
    return f" \\[{spec.low:g} to {spec.high:g}{f' {spec.unit}' if spec.unit else ''}]"


def _default_text(value: Any) -> str | None:
    return None if value is None else ",".join(str(part) for part in value)


def _read_option(spec: SettingSpec, value: Any) -> Any:
    """The value of an option; a direction is checked here, so that the message names the option."""
    if isinstance(value, Path):
        return str(value)
    try:
        value = spec.parse_value("" if value is None and spec.kind in _LIST_KINDS else value)
    except ValueError as error:
        raise typer.BadParameter(f"{spec.cli_flag}: {error}") from None
    if spec.kind == "direction" and (message := spec.error_message(value)) is not None:
        raise typer.BadParameter(f"{spec.cli_flag}: {message}")
    return value
