"""Renews access tokens before they expire, also those of shops to which nothing is sent: a refresh token that rests too long dies,
and the first push after a quiet night should not wait for a token call.

Workers do it, since they alone decrypt. A due row is taken by moving its own time: one worker has it, and when that one dies or the
platform fails it is due again half a minute later.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from pixee_common.clock import Clock
from pixee_common.crypto import CryptoError
from pixee_common.db import Connection, Database
from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.telemetry import log_context
from pixee_workers.sync_base.adapter import Adapter, Refresher
from pixee_workers.sync_base.chunks import Life, WorkerLostError
from pixee_workers.sync_base.connectors_read import Connector
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.probe_context import probe_context

SWEEP_SECONDS = 5.0
MOST_AT_ONCE = 8
LONGEST_SECONDS = 60.0
_log = logging.getLogger(__name__)

# Both times are the caller's: a token's life runs by the clock of who fetched it (see token_rows).
TAKE = """
UPDATE access_tokens t SET refresh_after = $1::timestamptz + interval '30 seconds'
FROM (
    SELECT a.connector_id FROM access_tokens a JOIN connectors c ON c.id = a.connector_id
    WHERE a.refresh_after <= $1 AND c.platform = ANY($2::text[]) AND c.status = 'active' AND c.deleted_at IS NULL
    ORDER BY a.refresh_after LIMIT $3 FOR UPDATE OF a SKIP LOCKED
) due
WHERE t.connector_id = due.connector_id
RETURNING t.connector_id, t.version
"""
_REFUSED = """
UPDATE connectors SET status = 'error', last_error = $2, updated_at = now()
 WHERE id = $1 AND status = 'active' AND deleted_at IS NULL
   AND NOT EXISTS (SELECT FROM credentials k WHERE k.connector_id = $1 AND k.version > $3)
"""


# The credentials that are there now need no fetched token: what is left of the old ones is erased, and not due any more.
NOT_NEEDED = """
UPDATE access_tokens SET key_id = NULL, ciphertext = NULL, expires_at = NULL, use_until = NULL, refresh_after = NULL,
       version = version + 1
 WHERE connector_id = $1 AND version = $2 AND leased_by IS NULL
"""


class Living(Protocol):
    """Who knows the present life of this worker; see `liveness.Liveness`."""

    async def joined(self) -> Life: ...


class TokenRefresher:
    """Renews what is due of the platforms whose adapters can, until cancelled."""

    def __init__(
        self,
        courier: PlatformCourier,
        database: Database,
        living: Living,
        clock: Clock,
        adapters: Mapping[str, Adapter],
    ) -> None:
        self._courier = courier
        self._database = database
        self._living = living
        self._clock = clock
        self._adapters = {slug: one for slug, one in adapters.items() if isinstance(one, Refresher)}

    async def run(self) -> None:
        """For ever."""
        while True:
            taken = 0
            try:
                taken = await self.sweep()
            except Exception as error:
                _log.warning("tokens: %s, trying again", type(error).__name__)
            if taken < MOST_AT_ONCE:
                await self._clock.sleep(SWEEP_SECONDS)

    async def sweep(self) -> int:
        """Takes what is due, renews it, and returns how many that were. One that fails says so in the log."""
        if not self._adapters:
            return 0
        life = await self._living.joined()

        async def take(connection: Connection) -> list[Any]:
            return list(await connection.fetch(TAKE, self._clock.now(), list(self._adapters), MOST_AT_ONCE))

        rows = await self._database.run(take)
        await asyncio.gather(*(self._refresh(row["connector_id"], row["version"], life) for row in rows))
        return len(rows)

    async def _refresh(self, connector_id: UUID, version: int, life: Life) -> None:
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await self._fetch(connector_id, version, life)
        except (CryptoError, WorkerLostError, TimeoutError) as error:
            _log.warning("the access token of connector %s was not renewed: %s", connector_id, type(error).__name__)
        except Exception:
            _log.exception("renewing the access token of connector %s failed", connector_id)

    async def _fetch(self, connector_id: UUID, version: int, life: Life) -> None:
        self._courier.connectors.forget(connector_id)
        connector = await self._courier.connectors.read(connector_id)
        if connector is None or connector.status != "active" or connector.deleted or connector.sealed is None:
            return
        adapter = self._adapters[connector.platform]
        if not isinstance(adapter, Refresher):
            return
        with log_context(connector=connector_id, account=connector.account_id, platform=connector.platform):
            try:
                await adapter.refresh(probe_context(self._courier, connector, adapter, life, newer_than=version))
            except PlatformFault as fault:
                await self._failed(connector, fault)
                return
        await self._database.run(lambda c: c.execute(NOT_NEEDED, connector_id, version))

    async def _failed(self, connector: Connector, fault: PlatformFault) -> None:
        """Credentials that came meanwhile were refused by nobody."""
        _log.warning("the access token of connector %s was not renewed: %s", connector.id, fault.message)
        if fault.kind is FaultKind.CREDENTIALS:
            tried, message = connector.credentials_version, fault.message
            await self._database.run(lambda c: c.execute(_REFUSED, connector.id, message, tried))
            self._courier.connectors.forget(connector.id)
