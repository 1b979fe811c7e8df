"""Sign-in: by the random key of a server start, by name and password, or by the header of a single sign-on proxy."""

import hmac
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.web.client_address import TrustedProxies
from SkullRestoreLib.web.users_file import LOCAL_USER, USER_NAME_PATTERN, UsersFile, password_hasher

_MAX_OPEN_KEYS = 8


class KeyAuthentication:
    """Admit whoever has the link, as Jupyter does. There is one user.

    A key opens the page once. The next one is given to ``on_use``, which shows it to whoever started the server.

    Parameters
    ----------
    key
        Default: a new random key.
    """

    uses_form = False

    def __init__(self, key: str | None = None) -> None:
        self.key = key or secrets.token_urlsafe(32)
        self.on_use: Callable[[], None] = lambda: None
        self._further_keys: list[str] = []

    def issue_key(self) -> str:
        """Make a further key, such as one for a browser that is opened.

        Returns
        -------
        str
        """
        self._further_keys = [*self._further_keys, secrets.token_urlsafe(32)][-_MAX_OPEN_KEYS:]
        return self._further_keys[-1]

    def user_for_key(self, key: str) -> str | None:
        """Return the user to whom a key belongs. The key is used up.

        Parameters
        ----------
        key
            As the browser sent it.

        Returns
        -------
        str or None
            None for a wrong key, and for one that was used.

        Examples
        --------
        >>> authentication = KeyAuthentication("right")
        >>> authentication.user_for_key("right")
        'local'
        >>> authentication.user_for_key("right") is None
        True
        """
        fits = [hmac.compare_digest(key.encode(), known.encode()) for known in (self.key, *self._further_keys)]
        if fits[0]:
            self.key = secrets.token_urlsafe(32)
            self.on_use()
        self._further_keys = [k for k, fit in zip(self._further_keys, fits[1:], strict=True) if not fit]
        return LOCAL_USER if any(fits) else None


class PasswordAuthentication:
    """Admit the users of a file by their password.

    Parameters
    ----------
    path
        TOML: ``[users]`` and below it a line per user, name = argon2 hash, as ``skullrestore web-user`` writes it.
        A change counts at once: a user who is removed, or has another password, is signed out.

    Raises
    ------
    InputError
        If the file is missing, cannot be read or trusted, or has no users.
    """

    uses_form = True

    def __init__(self, path: Path) -> None:
        self._hasher = password_hasher()
        self.users_file = UsersFile(path)
        if not self.users_file.has_users:
            raise InputError(
                f"The file '{path}' names no users. Add one with: skullrestore web-user --users {path} NAME"
            )
        self._dummy_hash = self._hasher.hash(secrets.token_urlsafe(16))

    def verify_password(self, name: str, password: str) -> bool:
        """Check whether name and password belong together.

        An unknown name takes as long as a known one, so that the time does not reveal which names exist.

        Parameters
        ----------
        name, password
            As the browser sent them.

        Returns
        -------
        bool
        """
        from argon2.exceptions import Argon2Error, InvalidHashError

        known_hash = self.users_file.password_hash(name)
        try:
            return self._hasher.verify(known_hash or self._dummy_hash, password) and known_hash is not None
        except (Argon2Error, InvalidHashError):
            return False

    def credential(self, name: str) -> str | None:
        """Return what a login depends on: it ends where this is not what it was.

        Parameters
        ----------
        name
            Of the user.

        Returns
        -------
        str or None
            None for somebody who is not in the file.
        """
        return self.users_file.password_hash(name)


class HeaderAuthentication:
    """Admit the user whom a single sign-on proxy names in a header; trusted from the proxy's own addresses only.

    Parameters
    ----------
    header
        Such as ``X-Remote-User``.
    proxies
        Addresses or networks of the proxy that sets it.

    Raises
    ------
    InputError
        If no proxy is given, or one is not an address or network.
    """

    uses_form = False

    def __init__(self, header: str, proxies: list[str]) -> None:
        if not proxies:
            raise InputError(
                "--sso-header needs --sso-proxy: the address of the proxy that is trusted, such as 127.0.0.1."
            )
        self.proxies = TrustedProxies(proxies, "--sso-proxy")
        self._header = header

    def user_from_header(self, headers: Mapping[str, str], address: str | None) -> str | None:
        """Return the user whom the proxy names.

        Parameters
        ----------
        headers
            Of the request.
        address
            From where the request came.

        Returns
        -------
        str or None
            None where the request did not come from the proxy, or names no valid user.

        Examples
        --------
        >>> sign_on = HeaderAuthentication("X-Remote-User", ["10.0.0.0/28"])
        >>> sign_on.user_from_header({"X-Remote-User": "anna"}, "10.0.0.5")
        'anna'
        >>> sign_on.user_from_header({"X-Remote-User": "anna"}, "10.0.1.5") is None
        True
        """
        name = headers.get(self._header, "")
        return name if address in self.proxies and USER_NAME_PATTERN.fullmatch(name) else None


Authentication = KeyAuthentication | PasswordAuthentication | HeaderAuthentication
"""The ways in which the gateway can admit users."""
