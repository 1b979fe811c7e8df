"""Who is signed in: a random token in a cookie, its hash here, and when its owner last did something."""

import hashlib
import secrets
from dataclasses import dataclass, field
from time import monotonic


@dataclass
class Seat:
    """One browser that is signed in."""

    user: str
    seen: float = field(default_factory=monotonic)
    sockets: set = field(default_factory=set)  # open connections, closed when the seat is given up

    def touch(self) -> None:
        """Note that its owner did something."""
        self.seen = monotonic()


class Seats:
    """All browsers that are signed in.

    Parameters
    ----------
    idle_s
        A seat on which nothing was done for so long is given up; None keeps it.
    """

    def __init__(self, idle_s: float | None):
        self.idle_s = idle_s
        self._seats: dict[str, Seat] = {}

    def take(self, user: str) -> str:
        """A new seat; returns its token."""
        token = secrets.token_urlsafe(32)
        self._seats[_mark(token)] = Seat(user)
        return token

    def of(self, token: str | None) -> Seat | None:
        """The seat of a token, unless it was idle for too long."""
        seat = self._seats.get(_mark(token)) if token else None
        return seat if seat is not None and self.left(seat) != 0 else None

    def left(self, seat: Seat) -> float | None:
        """Seconds until a seat is given up, if nothing is done; None where it is kept."""
        return None if self.idle_s is None else max(0.0, self.idle_s - (monotonic() - seat.seen))

    def give_up(self, token: str) -> Seat | None:
        """End a seat."""
        return self._seats.pop(_mark(token), None)

    def end_idle(self) -> list[Seat]:
        """End the seats that were idle for too long."""
        gone = [mark for mark, seat in self._seats.items() if self.left(seat) == 0]
        return [self._seats.pop(mark) for mark in gone]

    def sockets(self) -> list:
        """Every open connection."""
        return [one for seat in self._seats.values() for one in seat.sockets]

    def has(self, user: str) -> bool:
        """Whether a user is signed in anywhere."""
        return any(seat.user == user for seat in self._seats.values())


def _mark(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
