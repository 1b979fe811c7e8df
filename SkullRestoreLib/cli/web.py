"""The commands of the browser front end: `web` serves it, `web-user` edits the file of its users."""

import importlib.util
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from SkullRestoreLib.cli import console

if TYPE_CHECKING:
    from SkullRestoreLib.web.authentication import Authentication
    from SkullRestoreLib.web.gateway import GatewayOptions

_ACCESS_PANEL, _SERVER_PANEL, _LIMITS_PANEL = "Who may sign in", "Server", "Limits"
_NEEDED_PACKAGES = {
    "aiohttp": "aiohttp",
    "argon2": "argon2-cffi",
    "slicer": "slicer-core",
    "trame_slicer": "trame-slicer",
}
"""Package to install, by the module that is imported."""
_LOCAL_ADDRESSES = ("127.0.0.1", "::1", "localhost")


HostOption = Annotated[
    str, typer.Option(help="Address to listen on; 127.0.0.1 is this computer only.", rich_help_panel=_SERVER_PANEL)
]
PortOption = Annotated[
    int,
    typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.", rich_help_panel=_SERVER_PANEL),
]
BrowserOption = Annotated[
    bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.", rich_help_panel=_SERVER_PANEL)
]
CertificateOption = Annotated[
    Path | None,
    typer.Option(
        help="TLS certificate chain (PEM).",
        exists=True,
        dir_okay=False,
        show_default=False,
        rich_help_panel=_SERVER_PANEL,
    ),
]
PrivateKeyOption = Annotated[
    Path | None,
    typer.Option(
        help="Private key of the certificate (PEM).",
        exists=True,
        dir_okay=False,
        show_default=False,
        rich_help_panel=_SERVER_PANEL,
    ),
]
BehindTlsOption = Annotated[
    bool,
    typer.Option(
        "--behind-tls", help="A proxy in front speaks https with the browsers.", rich_help_panel=_SERVER_PANEL
    ),
]
AuditOption = Annotated[
    Path | None,
    typer.Option(
        help="File to which one line per action is added; it holds no patient data. Default: standard error.",
        show_default=False,
        rich_help_panel=_SERVER_PANEL,
    ),
]
UsersOption = Annotated[
    Path | None,
    typer.Option(
        help="File of users, made by `skullrestore web-user`. Without it: a link with a random key.",
        show_default=False,
        rich_help_panel=_ACCESS_PANEL,
    ),
]
SsoHeaderOption = Annotated[
    str | None,
    typer.Option(
        help="Header in which a single sign-on proxy names the user.",
        show_default=False,
        rich_help_panel=_ACCESS_PANEL,
    ),
]
SsoProxyOption = Annotated[
    list[str],
    typer.Option(
        help="Address or network of that proxy; repeat for several.",
        show_default=False,
        rich_help_panel=_ACCESS_PANEL,
    ),
]
TrustedProxyOption = Annotated[
    list[str],
    typer.Option(
        help="Address or network of a proxy whose X-Forwarded-For names the browser's address; repeat for several.",
        show_default=False,
        rich_help_panel=_SERVER_PANEL,
    ),
]
IdleOption = Annotated[
    float,
    typer.Option(
        min=0,
        help="Minutes without activity after which a user is signed out; 0: never.",
        rich_help_panel=_LIMITS_PANEL,
    ),
]
LingerOption = Annotated[
    float,
    typer.Option(
        min=5, help="Seconds for which a case is kept after its tab is closed.", rich_help_panel=_LIMITS_PANEL
    ),
]
PlacesOption = Annotated[
    int,
    typer.Option(
        min=1, help="Maximum number of users at a time; each needs up to 4 GB.", rich_help_panel=_LIMITS_PANEL
    ),
]
MaxUploadOption = Annotated[
    int, typer.Option(min=1, help="Largest upload, unpacked, in MB.", rich_help_panel=_LIMITS_PANEL)
]


def web(
    context: typer.Context,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8080,
    browser: BrowserOption = True,
    certificate: CertificateOption = None,
    private_key: PrivateKeyOption = None,
    behind_tls: BehindTlsOption = False,
    trusted_proxy: TrustedProxyOption = [],  # noqa: B006 - Typer wants a list
    audit: AuditOption = None,
    users: UsersOption = None,
    sso_header: SsoHeaderOption = None,
    sso_proxy: SsoProxyOption = [],  # noqa: B006 - Typer wants a list
    idle: IdleOption = 30.0,
    linger: LingerOption = 60.0,
    places: PlacesOption = 4,
    max_upload: MaxUploadOption = 2048,
) -> None:
    """Serve SkullRestore to browsers: upload, restore, edit the points, download.

    Example: [cyan]skullrestore web[/cyan]  prints a link with a random key, for this computer only

    Example: [cyan]skullrestore web --host 0.0.0.0 --users users.toml --certificate chain.pem --private-key key.pem
    --audit audit.jsonl[/cyan]
    """
    with console.exit_on_error(context):
        _check_packages()
        from SkullRestoreLib.errors import InputError

        if (certificate is None) != (private_key is None):
            raise InputError("--certificate and --private-key belong together; give both.")
        from SkullRestoreLib.web.client_address import TrustedProxies
        from SkullRestoreLib.web.gateway import GatewayOptions

        options = GatewayOptions(
            host=host,
            port=port,
            authentication=_choose_authentication(users, sso_header, sso_proxy),
            audit_path=audit,
            idle_min=idle,
            linger_s=linger,
            users_at_once=places,
            limits={"megabytes": max_upload},
            certificate=certificate,
            private_key=private_key,
            behind_tls=behind_tls,
            trusted_proxies=TrustedProxies(trusted_proxy, "--trusted-proxy"),
        )
        _serve(options, browser=browser)


def _choose_authentication(users: Path | None, sso_header: str | None, sso_proxy: list[str]) -> "Authentication":
    from SkullRestoreLib.errors import InputError
    from SkullRestoreLib.web import authentication

    if users is not None and sso_header is not None:
        raise InputError("--users and --sso-header exclude each other; use one of them.")
    if users is not None:
        return authentication.PasswordAuthentication(users)
    if sso_header is not None:
        return authentication.HeaderAuthentication(sso_header, sso_proxy)
    return authentication.KeyAuthentication()


def _serve(options: "GatewayOptions", *, browser: bool) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    from SkullRestoreLib.web import gateway

    # asyncio ends its tasks in order only with this handler
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        gateway.run_gateway(options, lambda port, folder: _print_link(options, port, folder if browser else None))
    except KeyboardInterrupt:
        typer.echo("Stopped; every case was deleted from the server.", err=True)


def _print_link(options: "GatewayOptions", port: int, browser_folder: Path | None) -> None:
    """Print the link, and open it in a browser of this computer where there is a folder for its start page."""
    from SkullRestoreLib.web.authentication import KeyAuthentication

    scheme = "https" if options.certificate else "http"
    is_local = options.host in _LOCAL_ADDRESSES
    name = "localhost" if is_local or options.host in ("0.0.0.0", "::") else options.host
    home = f"{scheme}://{name}:{port}/"
    authentication = options.authentication
    key = f"?key={authentication.key}" if isinstance(authentication, KeyAuthentication) else ""
    if not is_local and not options.certificate and not options.behind_tls:
        typer.echo(
            "Warning: without TLS, passwords and images cross the network unencrypted. "
            "Give --certificate and --private-key.",
            err=True,
        )
    typer.echo(f"Research use only. SkullRestore in the browser:\n\n    {home}{key}\n\nCtrl-C ends it.")
    if isinstance(authentication, KeyAuthentication):
        typer.echo("The link opens one browser, once.")
        authentication.on_use = lambda: typer.echo(
            f"The link was used. For another browser:\n\n    {home}?key={authentication.key}\n"
        )
    if browser_folder is not None and is_local:
        further_key = f"?key={authentication.issue_key()}" if isinstance(authentication, KeyAuthentication) else ""
        open_start_page(home + further_key, browser_folder)


def open_start_page(link: str, folder: Path) -> None:
    """Open a link in a browser without a word of it on a command line, which every account of the computer can read.

    The browser is given a file that leads to the link. It may take long to start, and is not waited for.
    """
    import html
    import os
    import threading
    import webbrowser

    start_page = folder / "start.html"
    text = f'<!doctype html><meta http-equiv="refresh" content="0;url={html.escape(link)}"><title>SkullRestore</title>'
    with os.fdopen(os.open(start_page, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    threading.Thread(target=webbrowser.open, args=(start_page.as_uri(),), daemon=True).start()


def web_user(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the user.")],
    users: Annotated[Path, typer.Option(help="The file of users; made if it is missing.")] = Path("users.toml"),
    remove: Annotated[bool, typer.Option("--remove", help="Remove the user.")] = False,
) -> None:
    """Add a user of the browser front end, change a password, or remove a user.

    Example: [cyan]skullrestore web-user --users users.toml anna[/cyan]

    The password is asked for, or read from standard input.
    """
    with console.exit_on_error(context):
        import sys

        from SkullRestoreLib.web import users_file

        if remove:
            users_file.write_user(users, name, None)
            typer.echo(f"{name} was removed from {users}.")
            return
        users_file.password_hasher()  # reports a missing package before the password is asked for
        password = (
            typer.prompt("Password", hide_input=True, confirmation_prompt=True)
            if sys.stdin.isatty()
            else sys.stdin.readline().rstrip("\n")
        )
        users_file.write_user(users, name, password)
        typer.echo(f"{name} can sign in now: {users}")


def _check_packages() -> None:
    missing = [package for module, package in _NEEDED_PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing:
        from SkullRestoreLib.errors import DependencyError

        raise DependencyError(
            f"The browser front end needs further packages ({', '.join(missing)}). "
            "Install them with: pip install 'skullrestore[web]'"
        )
