"""Logins: each browser that is signed in has a random token in a cookie. The gateway keeps only the token's hash."""

import contextlib
import hashlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

_MAX_LOGINS_PER_USER = 10
"""Browsers in which one user may be signed in; the one that was used longest ago is signed out for another."""
_MAX_REMEMBERED_ENDS = 1000


@dataclass
class LoginSession:
    """One browser that is signed in."""

    user: str
    credential: str | None = None  # with which the user signed in; another one ends the login
    last_active: float = field(default_factory=monotonic)
    last_confirmed: float = field(default_factory=monotonic)  # by the single sign-on in front
    sockets: set[Any] = field(default_factory=set)  # open connections; closed when the login ends
    open_requests: int = 0  # in progress
    why_ended: str = ""  # empty while it lasts

    def record_activity(self) -> None:
        """Note that the user did something."""
        self.last_active = monotonic()

    @contextlib.contextmanager
    def count_request(self) -> Iterator[None]:
        """Count a request while it is in progress."""
        self.open_requests += 1
        try:
            yield
        finally:
            self.open_requests -= 1

    def record_confirmation(self) -> None:
        """Note that the single sign-on named this user."""
        self.last_confirmed = monotonic()


class LoginSessions:
    """All browsers that are signed in.

    Parameters
    ----------
    idle_s
        Seconds without activity after which a login ends; None: never.

    Examples
    --------
    >>> logins = LoginSessions(idle_s=60)
    >>> token = logins.sign_in("anna")
    >>> logins.find_login(token).user
    'anna'
    >>> logins.find_login("made up") is None
    True
    """

    def __init__(self, idle_s: float | None) -> None:
        self.idle_s = idle_s
        self._logins: dict[str, LoginSession] = {}  # by the token's hash
        self._ends: dict[str, str] = {}  # why logins ended, by the token's hash

    def sign_in(self, user: str, credential: str | None = None) -> str:
        """Start a login.

        Parameters
        ----------
        user
            Who signed in.
        credential
            With which: the login ends where the user has another one.

        Returns
        -------
        str
            Its token, for the cookie.
        """
        theirs = [login for login in self._logins.values() if login.user == user and not login.why_ended]
        if len(theirs) >= _MAX_LOGINS_PER_USER:
            min(theirs, key=lambda login: login.last_active).why_ended = "many"
        token = secrets.token_urlsafe(32)
        self._logins[_token_hash(token)] = LoginSession(user, credential)
        return token

    def find_login(self, token: str | None) -> LoginSession | None:
        """Find the login of a token.

        Parameters
        ----------
        token
            From the cookie.

        Returns
        -------
        LoginSession or None
            None for an unknown token, and where the login has ended.
        """
        login = self._logins.get(_token_hash(token)) if token else None
        return login if login is not None and self.is_open(login) else None

    def is_open(self, login: LoginSession) -> bool:
        """Check that a login was not ended, and its user not idle for too long.

        Parameters
        ----------
        login
            One of this collection.

        Returns
        -------
        bool
        """
        return not login.why_ended and self.seconds_left(login) != 0

    def reason_for_end(self, token: str | None) -> str:
        """Say why the login of a token ended.

        Parameters
        ----------
        token
            From the cookie.

        Returns
        -------
        str
            "idle", "changed", "unconfirmed", "many" or "out"; empty for a token that never was one.
        """
        if not token:
            return ""
        login = self._logins.get(_token_hash(token))
        if login is None:
            return self._ends.get(_token_hash(token), "")
        return login.why_ended or ("idle" if self.seconds_left(login) == 0 else "")

    def seconds_left(self, login: LoginSession) -> float | None:
        """Seconds until a login ends if its user does nothing.

        Parameters
        ----------
        login
            One of this collection.

        Returns
        -------
        float or None
            None where it never ends.
        """
        return None if self.idle_s is None else max(0.0, self.idle_s - (monotonic() - login.last_active))

    def sign_out(self, token: str) -> LoginSession | None:
        """End a login.

        Parameters
        ----------
        token
            From the cookie.

        Returns
        -------
        LoginSession or None
            The login that was ended; None for an unknown token.
        """
        login = self._logins.pop(_token_hash(token), None)
        if login is not None:
            login.why_ended = login.why_ended or "out"
            self._remember_end(_token_hash(token), login.why_ended)
        return login

    def remove_ended_logins(self, reason_to_end: Callable[[LoginSession], str]) -> list[LoginSession]:
        """Remove the logins that ended, that were idle for too long, or whose user is not admitted any more.

        Parameters
        ----------
        reason_to_end
            Called with a login: why its user would not be let in any more; empty where nothing changed.

        Returns
        -------
        list of LoginSession
            Those that were removed; ``why_ended`` says why.
        """
        ended = {}
        for token_hash, login in self._logins.items():
            if not login.why_ended and self.seconds_left(login) == 0:
                login.why_ended = "idle"
            login.why_ended = login.why_ended or reason_to_end(login)
            if login.why_ended:
                ended[token_hash] = login
        for token_hash, login in ended.items():
            del self._logins[token_hash]
            self._remember_end(token_hash, login.why_ended)
        return list(ended.values())

    def _remember_end(self, token_hash: str, why: str) -> None:
        self._ends[token_hash] = why
        while len(self._ends) > _MAX_REMEMBERED_ENDS:
            del self._ends[next(iter(self._ends))]

    def open_sockets(self, user: str | None = None) -> list[Any]:
        """List open connections.

        Parameters
        ----------
        user
            Whose; None for those of everybody.

        Returns
        -------
        list of aiohttp.web.WebSocketResponse
        """
        return [socket for login in self._logins.values() if user in (None, login.user) for socket in login.sockets]

    def has_user(self, user: str) -> bool:
        """Check whether a user is signed in anywhere.

        Parameters
        ----------
        user
            Of any browser.

        Returns
        -------
        bool
        """
        return any(login.user == user for login in self._logins.values())


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
