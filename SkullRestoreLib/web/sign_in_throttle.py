"""Slows down guessing of passwords, and bounds what checking them costs the server."""

import asyncio
import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic

_FREE_TRIES_PER_NAME, _FREE_TRIES_PER_ADDRESS = 5, 50
"""Wrong tries without a pause: for one name from one address, and for all names from one address."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0
"""The pause doubles with each further wrong try for a name. Nobody is locked out for longer."""
_ADDRESS_PAUSE_S = 1.0
_FORGET_S = 900.0
"""After this time without a try the wrong ones are forgotten."""
_MAX_REMEMBERED = 10_000
"""Most tries, and most successful pairs of name and address, that are remembered."""
_CHECKS_AT_ONCE, _MAX_WAITING_CHECKS = 2, 64
"""argon2 takes 64 MiB and a processor for each check."""


@dataclass
class _WrongTries:
    count: int = 0
    last: float = 0.0

    def seconds_to_wait(self, free_tries: int, longest_pause_s: float) -> float:
        if self.count < free_tries:
            return 0.0
        pause_s = min(longest_pause_s, _FIRST_PAUSE_S * 2 ** min(self.count - free_tries, 30))
        return max(0.0, pause_s - (monotonic() - self.last))


class SignInThrottle:
    """Counts tries to sign in, by address and name together, and by address.

    A try is counted before its password is checked, and taken back when the password was right: a thousand tries sent
    at the same moment are a thousand tries.

    Examples
    --------
    >>> throttle = SignInThrottle()
    >>> [throttle.begin_try("anna", "10.0.0.1") for _ in range(6)][:5]
    [0.0, 0.0, 0.0, 0.0, 0.0]
    >>> throttle.begin_try("anna", "10.0.0.1") > 0
    True
    >>> throttle.begin_try("anna", "10.0.0.2")
    0.0
    """

    def __init__(self) -> None:
        self._by_name: OrderedDict[tuple[str, str], _WrongTries] = OrderedDict()
        self._by_address: OrderedDict[str, _WrongTries] = OrderedDict()
        self._signed_in_before: OrderedDict[tuple[str, str], None] = OrderedDict()

    def begin_try(self, name: str, address: str | None) -> float:
        """Count a try.

        Parameters
        ----------
        name
            As the browser sent it.
        address
            From where it came.

        Returns
        -------
        float
            0 where the password may be checked now; else the seconds to wait, and the try is not counted.
        """
        network = network_of(address)
        pair = (network, name)
        named = self._by_name.get(pair) or _WrongTries()
        addressed = self._by_address.get(network) or _WrongTries()
        wait_s = named.seconds_to_wait(_FREE_TRIES_PER_NAME, _LONGEST_PAUSE_S)
        if pair not in self._signed_in_before:
            # who signed in from there before is not slowed down by a neighbour who guesses
            wait_s = max(wait_s, addressed.seconds_to_wait(_FREE_TRIES_PER_ADDRESS, _ADDRESS_PAUSE_S))
        if wait_s > 0:
            return wait_s
        for tries, table, key in ((named, self._by_name, pair), (addressed, self._by_address, network)):
            if monotonic() - tries.last > _FORGET_S:
                tries.count = 0
            tries.count, tries.last = tries.count + 1, monotonic()
            _remember(table, key, tries)
        return 0.0

    def end_successful_try(self, name: str, address: str | None) -> None:
        """Take back a try whose password was right, and forget the wrong ones before it.

        Parameters
        ----------
        name, address
            As for :meth:`begin_try`.
        """
        network = network_of(address)
        self._by_name.pop((network, name), None)
        if (addressed := self._by_address.get(network)) is not None:
            addressed.count = max(0, addressed.count - 1)
        self._signed_in_before[(network, name)] = None
        self._signed_in_before.move_to_end((network, name))
        while len(self._signed_in_before) > _MAX_REMEMBERED:
            self._signed_in_before.popitem(last=False)


def _remember(table: "OrderedDict", key: object, tries: _WrongTries) -> None:
    """Keep wrong tries. In a full table those with the fewest go first, so that a flood of names frees nobody."""
    table[key] = tries
    table.move_to_end(key)
    if len(table) > _MAX_REMEMBERED:
        now = monotonic()
        for old in [k for k, kept in table.items() if now - kept.last > _FORGET_S]:
            del table[old]
        kept = sorted(table.items(), key=lambda item: (item[1].count, item[1].last))
        for old, _ in kept[: max(0, len(table) - _MAX_REMEMBERED * 9 // 10)]:
            if old != key:
                del table[old]


def network_of(address: str | None) -> str:
    """Return what counts as one address: an IPv4 address, or the network of 64 bits that one IPv6 user has.

    Parameters
    ----------
    address
        Of a client.

    Returns
    -------
    str

    Examples
    --------
    >>> network_of("10.0.0.1"), network_of("::ffff:10.0.0.1")
    ('10.0.0.1', '10.0.0.1')
    >>> network_of("2001:db8::1:2:3:4") == network_of("2001:db8::9")
    True
    """
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


class PasswordCheckQueue:
    """Checks a few passwords at a time while some more wait, so that argon2's memory is bounded."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_CHECKS_AT_ONCE, thread_name_prefix="password")
        self._pending = 0

    @property
    def is_full(self) -> bool:
        """Whether no further check may wait."""
        return self._pending >= _MAX_WAITING_CHECKS

    async def check(self, verify: Callable[[str, str], bool], name: str, password: str) -> bool:
        """Check a password when it is its turn.

        Parameters
        ----------
        verify
            Called in a thread with name and password.
        name, password
            As the browser sent them.

        Returns
        -------
        bool
            What ``verify`` returned.
        """
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, verify, name, password)
        finally:
            self._pending -= 1

    def close(self) -> None:
        """Drop the checks that wait."""
        self._threads.shutdown(wait=False, cancel_futures=True)
