"""Who may come in: by the random key of a start, by name and password, or by what a single sign-on in front says."""

import hmac
import ipaddress
import re
import secrets
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from SkullRestoreLib.case import DependencyError, InputError

_NAME = re.compile(r"[\w.@+-]{1,64}")
_SHORTEST = 10
LOCAL = "local"
"""The name of the one user who opens the link with the key."""


def hasher():
    """argon2id, with the library's recommended cost.

    Raises
    ------
    DependencyError
        If it is not installed.
    """
    try:
        from argon2 import PasswordHasher
    except ModuleNotFoundError:
        raise DependencyError("The package argon2-cffi is needed for passwords. Install it with: pip install 'skullrestore[web]'") from None
    return PasswordHasher()


@dataclass
class Throttle:
    """Slows down guessing: after some wrong tries of one name or from one address, it has to wait."""

    tries: int = 5
    wait_s: float = 30.0
    _failed: dict[str, list[float]] = field(default_factory=dict)

    def left(self, who: str) -> float:
        """Seconds to wait; 0 where a try is allowed."""
        times = [t for t in self._failed.get(who, []) if monotonic() - t < self.wait_s]
        return self.wait_s - (monotonic() - times[0]) if len(times) >= self.tries else 0.0

    def failed(self, who: str) -> None:
        """Remember a wrong try."""
        if len(self._failed) > 10_000:
            self._failed.clear()  # who fills this has been slowed by his address
        self._failed[who] = [*self._failed.get(who, []), monotonic()][-self.tries :]

    def passed(self, who: str) -> None:
        """Forget wrong tries."""
        self._failed.pop(who, None)


class ByKey:
    """Whoever has the link, as Jupyter does it. One user."""

    form = False

    def __init__(self, key: str | None = None):
        self.key = key or secrets.token_urlsafe(32)

    def admit_key(self, key: str) -> str | None:
        """The user to whom a key belongs."""
        return LOCAL if hmac.compare_digest(key.encode(), self.key.encode()) else None


class ByPassword:
    """The users of a file.

    Parameters
    ----------
    path
        TOML: ``[users]`` and below it a line for each, name = argon2 hash, as ``skullrestore web-user`` writes it. It is read at each sign-in, so that
        somebody who was taken out cannot sign in any more.

    Raises
    ------
    InputError
        If the file is not there, cannot be read, or names nobody.
    """

    form = True

    def __init__(self, path: Path):
        self._path, self._hasher = path, hasher()
        if not read_users(path):
            raise InputError(f"The file '{path}' names no users. Add one with: skullrestore web-user --users {path} NAME")
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    def admit(self, name: str, password: str) -> bool:
        """Whether name and password belong together; takes as long for a name that is not there."""
        from argon2.exceptions import Argon2Error, InvalidHashError

        known = read_users(self._path).get(name)
        try:
            return self._hasher.verify(known or self._nobody, password) and known is not None
        except (Argon2Error, InvalidHashError):
            return False

    def is_known(self, name: str) -> bool:
        """Whether a user is still in the file."""
        return name in read_users(self._path)


class ByHeader:
    """Whom a single sign-on in front names in a header; believed from its own addresses alone.

    Parameters
    ----------
    header
        Such as ``X-Remote-User``.
    proxies
        Addresses or networks of the proxy that sets it.
    """

    form = False

    def __init__(self, header: str, proxies: list[str]):
        if not proxies:
            raise InputError("--sso-header needs --sso-proxy: the address of the proxy that is believed, such as 127.0.0.1.")
        try:
            self._networks = [ipaddress.ip_network(one, strict=False) for one in proxies]
        except ValueError as error:
            raise InputError(f"--sso-proxy is no address or network: {error}.") from None
        self._header = header

    def admit_header(self, headers, address: str | None) -> str | None:
        """The user whom the proxy names; None from anywhere else."""
        try:
            place = ipaddress.ip_address(address or "")
        except ValueError:
            return None
        name = headers.get(self._header, "")
        trusted = any(place in network for network in self._networks)
        return name if trusted and _NAME.fullmatch(name) else None


def read_users(path: Path) -> dict[str, str]:
    """Names and hashes of a users' file; empty where it is empty.

    Raises
    ------
    InputError
        If it is not there or cannot be read.
    """
    try:
        users = tomllib.loads(path.read_text(encoding="utf-8")).get("users", {})
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The users' file '{path}' cannot be read: {error}. Make one with: skullrestore web-user --users {path} NAME"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The users' file '{path}' is no TOML: {error}.") from None
    if not isinstance(users, dict) or not all(isinstance(v, str) and v.startswith("$argon2") for v in users.values()):
        raise InputError(
            f"In the users' file '{path}' each line below [users] must be: name = \"argon2 hash\", as skullrestore web-user writes it."
        )
    return users


def write_user(path: Path, name: str, password: str | None) -> None:
    """Add a user, change a password, or (without one) take a user out; the file is readable by its owner alone.

    Raises
    ------
    InputError
        For a name with odd characters, a short password, or one to take out who is not there.
    """
    if not _NAME.fullmatch(name) or name == LOCAL:
        raise InputError(f"'{name}' cannot be a user's name: use letters, digits and . _ @ + - (at most 64).")
    users = read_users(path) if path.exists() else {}
    if password is None:
        if name not in users:
            raise InputError(f"'{name}' is not in '{path}'.")
        del users[name]
    elif len(password) < _SHORTEST:
        raise InputError(f"A password must have at least {_SHORTEST} characters.")
    else:
        users[name] = hasher().hash(password)
    text = "[users]\n" + "".join(f'"{who}" = "{mark}"\n' for who, mark in sorted(users.items()))
    fresh = path.with_name(f".{path.name}.new")
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
