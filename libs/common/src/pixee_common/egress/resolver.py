"""The resolver inside the connection pool: what is checked is what is connected to.

Checking a name and then letting the library resolve it again is the classic hole (DNS rebinding). Here aiohttp is given only
addresses that were checked in this very call, so there is nothing left to rebind.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence

from aiohttp.abc import AbstractResolver, ResolveResult

from pixee_common.egress.addresses import Network, refusal_of_address
from pixee_common.egress.errors import EgressRefused

__all__ = ["GuardedResolver", "Resolve", "system_resolve"]

Resolve = Callable[[str], Awaitable[Sequence[str]]]


async def system_resolve(host: str) -> list[str]:
    """Ask the machine's resolver: all addresses of a name, IPv4 and IPv6. Raises OSError (gaierror)."""
    infos = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in infos))


class GuardedResolver(AbstractResolver):
    """Resolves once and hands on the addresses only if *every* answer may be called."""

    def __init__(
        self, allowed: Iterable[Network] = (), *, resolve: Resolve = system_resolve, timeout: float = 5.0
    ) -> None:
        self._allowed = tuple(allowed)
        self._resolve = resolve
        self._timeout = timeout

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return checked addresses. Raises EgressRefused, or OSError when the name has none."""
        try:
            async with asyncio.timeout(self._timeout):
                texts = await self._resolve(host)
        except TimeoutError:
            raise OSError(f"no DNS answer within {self._timeout:g} s") from None
        if not texts:
            raise OSError("the name has no address")
        results = [self._checked(host, port, text) for text in texts]
        usable = [result for result in results if family in {socket.AF_UNSPEC, result["family"]}]
        if not usable:
            raise OSError("the name has no address of the wanted family")
        return usable

    def _checked(self, host: str, port: int, text: str) -> ResolveResult:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            raise EgressRefused("address_malformed", f"The name {host} has an address that cannot be read.") from None
        reason = refusal_of_address(address, self._allowed)
        if reason is not None:
            raise EgressRefused(
                f"address_{reason}",
                f"The name {host} leads to an address that is not public; use the shop's public name.",
            )
        return ResolveResult(
            hostname=host,
            host=str(address),
            port=port,
            family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
            proto=socket.IPPROTO_TCP,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )

    async def close(self) -> None:
        """Nothing is held."""
