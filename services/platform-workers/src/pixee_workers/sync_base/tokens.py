"""Access tokens that are fetched from a platform: one fetch at a time for a connector, renewed before they expire, dropped when refused."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pixee_common.clock import Clock
from pixee_common.domain.ids import ConnectorId
from pixee_common.telemetry import register_secrets
from pixee_workers.sync_base.calls import Token

_MARGIN_SECONDS = 60.0
_MARGIN_SHARE = 0.1


@dataclass(slots=True)
class _Entry:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    value: str | None = field(default=None, repr=False)
    credentials_version: int = 0
    renew_at: float = 0.0


class TokenStore:
    """The tokens of this process, by connector. New credentials make the old token worthless."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[ConnectorId, _Entry] = {}

    async def get(
        self, connector_id: ConnectorId, credentials_version: int, fetch: Callable[[], Awaitable[Token]]
    ) -> str:
        """The current token. Raises what `fetch` raises; the next caller then fetches again."""
        entry = self._entries.setdefault(connector_id, _Entry())
        async with entry.lock:
            if (
                entry.value is not None
                and entry.credentials_version == credentials_version
                and self._clock.monotonic() < entry.renew_at
            ):
                return entry.value
            entry.value = None
            token = await fetch()
            register_secrets([token.value])
            margin = min(_MARGIN_SECONDS, token.expires_in_seconds * _MARGIN_SHARE)
            entry.value = token.value
            entry.credentials_version = credentials_version
            entry.renew_at = self._clock.monotonic() + token.expires_in_seconds - margin
            return entry.value

    def invalidate(self, connector_id: ConnectorId, value: str) -> None:
        """The platform refused this token; another one that was fetched meanwhile stays."""
        entry = self._entries.get(connector_id)
        if entry is not None and entry.value == value:
            entry.value = None

    def forget(self, connector_id: ConnectorId) -> None:
        self._entries.pop(connector_id, None)
