"""From which address a request comes, where proxies stand between the browser and the gateway."""

import ipaddress
from collections.abc import Iterable

from SkullRestoreLib.errors import InputError


class TrustedProxies:
    """Addresses and networks of proxies whose word is believed.

    Parameters
    ----------
    proxies
        Such as ``127.0.0.1`` or ``10.0.0.0/28``.
    option
        The option that named them, for the error.

    Raises
    ------
    InputError
        If one is not an address or network.

    Examples
    --------
    >>> trusted = TrustedProxies(["10.0.0.0/28"], "--trusted-proxy")
    >>> trusted.client_behind("10.0.0.5", ["192.0.2.7, 10.0.0.3"])
    '192.0.2.7'
    >>> trusted.client_behind("192.0.2.9", ["192.0.2.7"])
    '192.0.2.9'
    """

    def __init__(self, proxies: Iterable[str], option: str) -> None:
        try:
            self._networks = [ipaddress.ip_network(proxy, strict=False) for proxy in proxies]
        except ValueError as error:
            raise InputError(f"{option} is no address or network: {error}.") from None

    def __contains__(self, address: str | None) -> bool:
        try:
            found = ipaddress.ip_address(address or "")
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None)
        return any((mapped or found) in network for network in self._networks)

    def client_behind(self, remote: str | None, forwarded_for: Iterable[str]) -> str | None:
        """Return the address of the client.

        Each proxy adds the address from which it was asked to the end of ``X-Forwarded-For``. What stands before the
        last address that no trusted proxy has was written by the client itself, and is not believed.

        Parameters
        ----------
        remote
            From which the connection came.
        forwarded_for
            Values of the header ``X-Forwarded-For``, in the order of the request.

        Returns
        -------
        str or None
            ``remote`` where that is no trusted proxy, or where the proxy named nobody.
        """
        hops = [hop.strip() for value in forwarded_for for hop in value.split(",")]
        client = remote
        while client in self and hops:
            try:
                client = str(ipaddress.ip_address(hops.pop()))
            except ValueError:
                return remote
        return client
