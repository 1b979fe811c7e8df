"""The commands of the browser door: `web` serves it, `web-user` keeps the file of its users."""

import importlib.util
import signal
from pathlib import Path
from typing import Annotated

import typer

from SkullRestoreLib import cli_show as show

_ACCESS, _SERVER, _LIMITS = "Who may come in", "Server", "Limits"
_NEEDED = {"aiohttp": "aiohttp", "argon2": "argon2-cffi", "slicer": "slicer-core", "trame_slicer": "trame-slicer"}


def web(
    context: typer.Context,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 127.0.0.1 is this computer alone.", rich_help_panel=_SERVER)
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.", rich_help_panel=_SERVER)] = 8080,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.", rich_help_panel=_SERVER)] = True,
    certificate: Annotated[
        Path | None,
        typer.Option(help="TLS certificate chain (PEM).", exists=True, dir_okay=False, show_default=False, rich_help_panel=_SERVER),
    ] = None,
    private_key: Annotated[
        Path | None, typer.Option(help="Its private key (PEM).", exists=True, dir_okay=False, show_default=False, rich_help_panel=_SERVER)
    ] = None,
    behind_tls: Annotated[
        bool, typer.Option("--behind-tls", help="A proxy in front speaks https with the browsers.", rich_help_panel=_SERVER)
    ] = False,
    audit: Annotated[
        Path | None,
        typer.Option(
            help="File to which a line is added for each action; no patient is in it. Default: standard error.",
            show_default=False,
            rich_help_panel=_SERVER,
        ),
    ] = None,
    users: Annotated[
        Path | None,
        typer.Option(
            help="File of users, made by `skullrestore web-user`. Without it: a random key.", show_default=False, rich_help_panel=_ACCESS
        ),
    ] = None,
    sso_header: Annotated[
        str | None,
        typer.Option(help="Header in which a single sign-on in front names the user.", show_default=False, rich_help_panel=_ACCESS),
    ] = None,
    sso_proxy: Annotated[
        list[str],
        typer.Option(help="Address or network of that sign-on's proxy; repeat for several.", show_default=False, rich_help_panel=_ACCESS),
    ] = [],  # noqa: B006 - Typer wants a list
    idle: Annotated[
        float, typer.Option(min=0, help="Minutes after which somebody who does nothing is signed out; 0 never.", rich_help_panel=_LIMITS)
    ] = 30.0,
    linger: Annotated[
        float, typer.Option(min=5, help="Seconds for which a case is kept when its tab is closed.", rich_help_panel=_LIMITS)
    ] = 60.0,
    places: Annotated[int, typer.Option(min=1, help="How many users at a time; each needs up to 4 GB.", rich_help_panel=_LIMITS)] = 4,
    max_upload: Annotated[int, typer.Option(min=1, help="Largest upload, unpacked, in MB.", rich_help_panel=_LIMITS)] = 2048,
) -> None:
    """Serve SkullRestore to browsers: upload, restore, edit the points, download.

    Example: [cyan]skullrestore web[/cyan]  prints a link with a random key, for this computer alone

    Example: [cyan]skullrestore web --host 0.0.0.0 --users users.toml --certificate chain.pem --private-key key.pem --audit audit.jsonl[/cyan]
    """
    with show.errors(context):
        _check_packages()
        from SkullRestoreLib.case import InputError

        if (certificate is None) != (private_key is None):
            raise InputError("--certificate and --private-key belong together; give both.")
        if users is not None and sso_header is not None:
            raise InputError("--users and --sso-header exclude each other; use one of them.")
        from SkullRestoreLib.web import access, gate

        if users is not None:
            way: access.ByKey | access.ByPassword | access.ByHeader = access.ByPassword(users)
        else:
            way = access.ByHeader(sso_header, sso_proxy) if sso_header is not None else access.ByKey()
        options = gate.Options(
            host=host,
            port=port,
            access=way,
            audit=audit,
            idle_min=idle,
            linger_s=linger,
            users_at_once=places,
            limits={"megabytes": max_upload},
            certificate=certificate,
            private_key=private_key,
            behind_tls=behind_tls,
        )
        signal.signal(signal.SIGINT, signal.default_int_handler)  # asyncio ends its tasks in order only where this is what it finds
        try:
            gate.run(options, lambda at: _tell(options, at, browser))
        except KeyboardInterrupt:
            typer.echo("Stopped; every case was deleted from the server.", err=True)


def _tell(options, port: int, browser: bool) -> None:
    """Print the link, and open it."""
    from SkullRestoreLib.web.access import ByKey

    scheme = "https" if options.certificate else "http"
    name = "localhost" if options.host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::") else options.host
    link = f"{scheme}://{name}:{port}/"
    if isinstance(options.access, ByKey):
        link += f"?key={options.access.key}"
    local = options.host in ("127.0.0.1", "::1", "localhost")
    if not local and not options.certificate and not options.behind_tls:
        typer.echo(
            "Careful: without TLS, passwords and images cross the network in the clear. Give --certificate and --private-key.", err=True
        )
    typer.echo(f"Research use only. SkullRestore in the browser:\n\n    {link}\n\nCtrl-C ends it.")
    if browser and local:
        import webbrowser

        webbrowser.open(link)


def web_user(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the user.")],
    users: Annotated[Path, typer.Option(help="The file of users; made if it is not there.")] = Path("users.toml"),
    remove: Annotated[bool, typer.Option("--remove", help="Take the user out.")] = False,
) -> None:
    """Add a user of the browser door, change a password, or take a user out. The password is asked for, or read from standard input.

    Example: [cyan]skullrestore web-user --users users.toml anna[/cyan]
    """
    with show.errors(context):
        import sys

        from SkullRestoreLib.web import access

        if remove:
            access.write_user(users, name, None)
            typer.echo(f"{name} was taken out of {users}.")
            return
        access.hasher()
        password = (
            typer.prompt("Password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        )
        access.write_user(users, name, password)
        typer.echo(f"{name} can sign in now: {users}")


def _check_packages() -> None:
    missing = [package for module, package in _NEEDED.items() if importlib.util.find_spec(module) is None]
    if missing:
        from SkullRestoreLib.case import DependencyError

        raise DependencyError(
            f"The browser door needs further packages ({', '.join(missing)}). Install them with: pip install 'skullrestore[web]'"
        )
