"""The file of users: names and password hashes. It is read again when it changes, and its last good state is kept."""

import itertools
import os
import re
import stat
import threading
import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from SkullRestoreLib.errors import DependencyError, InputError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

USER_NAME_PATTERN = re.compile(r"[\w.@+-]{1,64}")
LOCAL_USER = "local"
"""Name of the one user who opens the link with the key; nobody in a file of users can have it."""
_MAX_FILE_BYTES = 1 << 20
_MIN_PASSWORD_LENGTH, _MIN_DIFFERENT_CHARACTERS = 10, 5
_COMMON_PASSWORD_PARTS = ("password", "passwort", "123456", "qwert", "letmein", "skullrestore", "welcome", "admin")
"""Guessers try these first. They are removed before a password's length is judged."""
_MIN_MEMORY_KIB, _MIN_HASH_BYTES, _MIN_SALT_BYTES = 19 * 1024, 16, 8
"""Weakest argon2id that is accepted: the least of OWASP's password storage cheat sheet, 19 MiB."""
_MIN_COST_KIB = 2 * 19 * 1024
"""Memory times passes, at least: 19 MiB with two passes, or more memory with fewer."""
_MAX_MEMORY_KIB, _MAX_TIME_COST = 1 << 20, 20
"""Costliest hash that is accepted: each sign-in would take as much of the server."""


def password_hasher() -> "PasswordHasher":
    """Make the password hasher: argon2id, with the library's recommended cost.

    Returns
    -------
    argon2.PasswordHasher

    Raises
    ------
    DependencyError
        If argon2-cffi is not installed.
    """
    try:
        from argon2 import PasswordHasher
    except ModuleNotFoundError:
        raise DependencyError(
            "The package argon2-cffi is needed for passwords. Install it with: pip install 'skullrestore[web]'"
        ) from None
    return PasswordHasher()


class UsersFile:
    """A file of users that may be edited while the server runs.

    If it cannot be used any more (deleted, half written, writable for others), its last good state stays in force and
    ``report`` is called, once for each change.

    Parameters
    ----------
    path
        TOML, see :func:`read_users`.
    report
        Called with one sentence when the file becomes unusable, and when it is usable again.

    Raises
    ------
    InputError
        If the file cannot be used at the start.
    """

    def __init__(self, path: Path, report: Callable[[str], None] = lambda _: None) -> None:
        self._path, self.report = path, report
        self._lock = threading.Lock()  # asked by the event loop, and by the threads that check passwords
        self._state = _file_state(path)
        self._users, self._is_good = read_users(path), True

    @property
    def has_users(self) -> bool:
        """Whether it names anybody."""
        return bool(self._users)

    def password_hash(self, name: str) -> str | None:
        """Return a user's password hash.

        Parameters
        ----------
        name
            Of the user.

        Returns
        -------
        str or None
            None for somebody who is not in the file.
        """
        with self._lock:
            self._refresh()
            return self._users.get(name)

    def _refresh(self) -> None:
        state = _file_state(self._path)
        if state == self._state:
            return
        self._state = state
        try:
            self._users = read_users(self._path)
        except InputError as error:
            self._is_good = False
            self.report(f"{error} The users as they were before stay in force.")
        else:
            if not self._is_good:
                self.report(f"The users file '{self._path}' can be used again.")
            self._is_good = True


def _file_state(path: Path) -> tuple[int, ...] | None:
    """What changes when a file is edited, replaced or opened to others; None where it is missing."""
    try:
        info = path.stat()
    except OSError:
        return None
    return info.st_mtime_ns, info.st_ctime_ns, info.st_size, info.st_ino, info.st_mode, info.st_uid


def read_users(path: Path) -> dict[str, str]:
    """Read a users file.

    Parameters
    ----------
    path
        TOML: ``[users]`` and below it a line per user, name = argon2id hash, as ``skullrestore web-user`` writes it.

    Returns
    -------
    dict
        Password hash by user name.

    Raises
    ------
    InputError
        If the file is missing, cannot be read, can be changed by others, or holds a hash that is weak or none.
    """
    try:
        _check_who_may_write(path)
        with path.open("rb") as file:
            content = file.read(_MAX_FILE_BYTES + 1)
        if len(content) > _MAX_FILE_BYTES:
            raise InputError(f"The users file '{path}' is larger than 1 MB; it is no file of users.")
        users = tomllib.loads(content.decode("utf-8")).get("users", {})
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The users file '{path}' cannot be read: {error}. Make one with: skullrestore web-user --users {path} NAME"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The users file '{path}' is not valid TOML: {error}.") from None
    if not isinstance(users, dict):
        raise InputError(f"In the users file '{path}' [users] must be a table of names and hashes.")
    for name, password_hash in users.items():
        if not USER_NAME_PATTERN.fullmatch(name) or name == LOCAL_USER:
            raise InputError(f"In the users file '{path}' '{name}' cannot be a user's name.")
        if (fault := _hash_fault(password_hash)) is not None:
            raise InputError(
                f"In the users file '{path}' the line of '{name}' holds {fault}. "
                f"Set the password again with: skullrestore web-user --users {path} {name}"
            )
    return users


def _check_who_may_write(path: Path) -> None:
    """Refuse a file that somebody else may change: whoever can, can sign in as anybody."""
    if os.name != "posix":
        return
    info, folder = path.stat(), path.resolve().parent.stat()
    others = stat.S_IWGRP | stat.S_IWOTH
    if info.st_mode & others:
        raise InputError(f"The users file '{path}' may be written by others. Run: chmod 600 {path}")
    if info.st_uid not in (0, os.getuid()):
        raise InputError(f"The users file '{path}' belongs to another account. Run the server as its owner.")
    if folder.st_mode & stat.S_IWOTH and not folder.st_mode & stat.S_ISVTX:
        raise InputError(f"The folder of the users file '{path}' may be written by everybody. Use another folder.")


def _hash_fault(password_hash: object) -> str | None:
    """Say what is wrong with a hash; None where it is an argon2id hash of a usual cost."""
    from argon2 import Type, extract_parameters
    from argon2.exceptions import InvalidHashError

    try:
        cost = extract_parameters(password_hash if isinstance(password_hash, str) else "")
    except (InvalidHashError, ValueError):
        return "no argon2 hash"
    if cost.type is not Type.ID:
        return "an argon2 hash of another kind than argon2id"
    weak = (
        cost.memory_cost < _MIN_MEMORY_KIB
        or cost.memory_cost * cost.time_cost < _MIN_COST_KIB
        or cost.hash_len < _MIN_HASH_BYTES
        or cost.salt_len < _MIN_SALT_BYTES
    )
    if weak:
        return "a weak argon2 hash"
    if cost.memory_cost > _MAX_MEMORY_KIB or cost.time_cost > _MAX_TIME_COST:
        return "an argon2 hash that takes too much memory or time to check"
    return None


def write_user(path: Path, name: str, password: str | None) -> None:
    """Add a user, change a password, or remove a user; only the file's owner can read it.

    Parameters
    ----------
    path
        The users file; made if it is missing.
    name
        Letters, digits and ``. _ @ + -``, at most 64.
    password
        None removes the user.

    Raises
    ------
    InputError
        For an invalid name, a password that is short or easily guessed, or a user to remove who is not in the file.
    """
    if not USER_NAME_PATTERN.fullmatch(name) or name == LOCAL_USER:
        raise InputError(f"'{name}' cannot be a user's name: use letters, digits and . _ @ + - (at most 64).")
    users = read_users(path) if path.exists() else {}
    if password is None:
        if name not in users:
            raise InputError(f"'{name}' is not in '{path}'.")
        del users[name]
    else:
        check_password(name, password)
        users[name] = password_hasher().hash(password)
    text = "[users]\n" + "".join(f'"{user}" = "{hash_}"\n' for user, hash_ in sorted(users.items()))
    new_file = path.with_name(f".{path.name}.new")
    with suppress(FileNotFoundError):
        new_file.unlink()  # of a run that was interrupted; its mode may be another
    with os.fdopen(os.open(new_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    new_file.replace(path)


def check_password(name: str, password: str) -> None:
    """Refuse a password that is short or easily guessed.

    Parameters
    ----------
    name
        Of its user.
    password
        As the user chose it.

    Raises
    ------
    InputError
        If it is refused.

    Examples
    --------
    >>> check_password("anna", "correct horse battery")
    >>> check_password("anna", "aaaaaaaaaaaa")
    Traceback (most recent call last):
    ...
    SkullRestoreLib.errors.InputError: This password is easily guessed. Choose several unrelated words.
    """
    if len(password) < _MIN_PASSWORD_LENGTH:
        raise InputError(f"A password must have at least {_MIN_PASSWORD_LENGTH} characters.")
    rest = password.casefold()
    for part in (name.casefold(), *_COMMON_PASSWORD_PARTS):
        rest = rest.replace(part, "") if len(part) > 2 else rest
    steps = {ord(second) - ord(first) for first, second in itertools.pairwise(rest)}
    if len(set(rest)) < _MIN_DIFFERENT_CHARACTERS or len(steps) < 2:
        raise InputError("This password is easily guessed. Choose several unrelated words.")
