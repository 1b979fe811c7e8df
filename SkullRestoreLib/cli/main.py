"""The command line: all commands, the global options, and the end of a process that was stopped.

Heavy packages are imported only by the command that needs them.
"""

import atexit
import os
import sys
from contextlib import suppress
from typing import Annotated

import typer

from SkullRestoreLib._system import interrupts
from SkullRestoreLib.cli.achieved import achieved
from SkullRestoreLib.cli.batch import batch
from SkullRestoreLib.cli.check import check
from SkullRestoreLib.cli.evaluate import app as evaluate
from SkullRestoreLib.cli.implant import implant
from SkullRestoreLib.cli.options import add_command
from SkullRestoreLib.cli.phantom import phantom
from SkullRestoreLib.cli.plan import plan
from SkullRestoreLib.cli.restore import info, restore
from SkullRestoreLib.cli.train import train
from SkullRestoreLib.cli.web import web, web_user

app = typer.Typer(
    name="skullrestore",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="From a head CT to the restored surface of the skull and a printable implant.\n\n"
    "[bold]Research use only.[/bold] Not cleared by any authority; a qualified clinician must approve every design.\n\n"
    "First steps:\n\n"
    "[cyan]skullrestore phantom --out sample[/cyan]  makes a synthetic head CT with a hole\n\n"
    "[cyan]skullrestore check sample[/cyan]  says whether it can be restored\n\n"
    "[cyan]skullrestore restore sample --out restored[/cyan]  restores it\n\n"
    "[cyan]skullrestore info restored[/cyan]  shows the result",
)
for _command in (restore, implant, plan, achieved, check, info, batch, phantom, train, web):
    add_command(app, _command)
add_command(app, web_user, "web-user")
app.add_typer(evaluate, name="evaluate")


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from SkullRestoreLib import __version__

        typer.echo(f"SkullRestore {__version__}")
        raise typer.Exit


@app.callback()
def _set_global_options(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the complete traceback of an unexpected error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    context.obj = {"debug": debug}


def main() -> None:
    """Run the command line; entry point of the console script ``skullrestore``."""
    interrupts.handle_interrupts("Stopped.")
    try:
        app()
    except SystemExit as end:
        if end.code in (130, 143):
            _exit_at_once(int(end.code))
        raise


def _exit_at_once(code: int) -> None:
    """End a command that was stopped; its files are closed by now.

    Python would wait for every thread, such as the one that loads the network.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)
