"""Access tokens that are fetched from a platform: one fetch for all that wait, renewed before they expire, dropped when refused.

Here is what one process knows; what all workers share stands in a row (`shared_tokens`), which is read only when this process
knows nothing better.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from pixee_common.clock import Clock
from pixee_common.domain.ids import ConnectorId
from pixee_common.telemetry import register_secrets
from pixee_workers.sync_base.token_asking import Adopt, Asking, Fetch, HeldToken, as_they_are, margin_of

_CLOSE_SECONDS = 5.0


class Shared(Protocol):
    """Where the tokens of all workers are; see `shared_tokens.SharedTokens`."""

    async def get(self, asking: Asking) -> HeldToken: ...


@dataclass(slots=True)
class _Entry:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    value: str | None = field(default=None, repr=False)
    refused: str | None = field(default=None, repr=False)
    credentials_version: int = 0
    version: int = 0
    renew_at: float = 0.0

    def serves(self, asking: Asking, now: float) -> bool:
        return (
            self.value is not None
            and self.credentials_version >= asking.credentials_version
            and self.version > asking.newer_than
            and now < self.renew_at
        )


class TokenStore:
    """The tokens of this process, by connector. New credentials make the old token worthless.

    Without `shared` it stands alone: for one process (simulations, tests of adapters), where nothing is written and a replaced
    refresh token is lost.
    """

    def __init__(self, clock: Clock, shared: Shared | None = None) -> None:
        self._clock = clock
        self._shared = shared
        self._entries: dict[ConnectorId, _Entry] = {}
        self._fetching: set[asyncio.Task[HeldToken]] = set()

    async def get(
        self,
        connector_id: ConnectorId,
        credentials_version: int,
        fetch: Fetch,
        adopt: Adopt = as_they_are,
        *,
        newer_than: int = -1,
    ) -> str:
        """The current token.

        `adopt` is called before `fetch` with the credentials to fetch with, where others have replaced those of the caller.
        `newer_than`: the shared token of this version is to be replaced although it still serves (refresh by schedule).

        Raises:
            PlatformFault: what `fetch` raises; `unavailable` while another worker's fetch takes too long or has just failed.
            CryptoError: the stored credentials cannot be opened.
        """
        entry = self._entries.setdefault(connector_id, _Entry())
        async with entry.lock:
            asking = Asking(connector_id, credentials_version, fetch, adopt, entry.refused, newer_than)
            if not entry.serves(asking, self._clock.monotonic()):
                entry.value = None
                held = await self._to_the_end(self._shared.get(asking) if self._shared else _alone(asking))
                register_secrets([held.value])
                entry.value = held.value
                entry.credentials_version = held.credentials_version
                entry.version = held.version
                entry.renew_at = self._clock.monotonic() + held.seconds
            return str(entry.value)

    def invalidate(self, connector_id: ConnectorId, value: str) -> None:
        """The platform refused this token, wherever it stands; another one that was fetched meanwhile stays."""
        entry = self._entries.get(connector_id)
        if entry is not None:
            entry.refused = value
            if entry.value == value:
                entry.value = None

    def made_with(self, connector_id: ConnectorId) -> int:
        """The version of the credentials that the newest token here belongs to; 0 where none was fetched."""
        entry = self._entries.get(connector_id)
        return 0 if entry is None else entry.credentials_version

    def forget(self, connector_id: ConnectorId) -> None:
        """The connector is none of ours any more."""
        self._entries.pop(connector_id, None)

    async def close(self) -> None:
        """Waits a little for fetches that nobody waits for any more, then gives them up."""
        if self._fetching:
            await asyncio.wait(self._fetching, timeout=_CLOSE_SECONDS)
        for task in self._fetching:
            task.cancel()
        await asyncio.gather(*self._fetching, return_exceptions=True)

    async def _to_the_end(self, work: Coroutine[Any, Any, HeldToken]) -> HeldToken:
        """A fetch goes on when its caller gives up: the platform may have replaced the refresh token by now, and we must keep it."""
        task = asyncio.ensure_future(work)
        self._fetching.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[HeldToken]) -> None:
        self._fetching.discard(task)
        if not task.cancelled():
            task.exception()


async def _alone(asking: Asking) -> HeldToken:
    token = await asking.fetch()
    seconds = token.expires_in_seconds - margin_of(token.expires_in_seconds)
    return HeldToken(token.value, asking.credentials_version, asking.newer_than + 1, seconds)
