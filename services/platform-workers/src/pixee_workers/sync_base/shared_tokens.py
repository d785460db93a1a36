"""One access token for all workers, and one fetch: who needs a token reads the row; the first that finds none takes a short lease,
fetches and writes, and the others wait for what it writes and never call themselves (docs/adr/0012).

A platform may replace the refresh token with each fetch. The replaced one is written to the credentials in the same transaction
as the access token, on condition that these are still the credentials that were used: nobody uses a token that was not kept, and
new credentials from the merchant win.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

from pixee_common.clock import Clock
from pixee_common.crypto import Credentials, CryptoError, KeyRing
from pixee_common.db import Connection, Database
from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.telemetry import register_secrets
from pixee_workers.sync_base import token_rows
from pixee_workers.sync_base.calls import Token
from pixee_workers.sync_base.insisting import insist
from pixee_workers.sync_base.token_asking import Asking, HeldToken, early_of, margin_of

_FIELD = "access_token"
_REST_SECONDS = 1.0
_LONGEST_REST = 60.0
_POLL_SECONDS = 0.05
_log = logging.getLogger(__name__)


class SharedTokens:
    """The tokens of all workers. `lease_seconds`: a worker that is silent for so long during a fetch has lost it."""

    def __init__(
        self,
        database: Database,
        keys: KeyRing,
        clock: Clock,
        *,
        lease_seconds: float = 10.0,
        wait_seconds: float = 30.0,
    ) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._lease = lease_seconds
        self._wait = wait_seconds

    async def get(self, asking: Asking) -> HeldToken:
        """The token of the row, or the one that this call fetches. Raises as `TokenStore.get`."""
        holder, connector_id = uuid4(), asking.connector_id
        patience = _Patience(self._wait)
        while await patience.more():
            row = await self._read(connector_id)
            held = self._usable(row, asking)
            if held is not None:
                return held
            rest = self._rest(row, asking)
            if rest > 0:
                raise _unavailable("The shop's access token could not be fetched a moment ago.", rest)
            version = row.version if row is not None else 0
            leased = await self._take(connector_id, holder, version)
            if leased is None:
                return _unshared(await asking.fetch(), asking.credentials_version)
            if leased.taken:
                fetched = await self._fetch(asking, holder, leased, version)
                if fetched is not None:
                    return fetched
        raise _unavailable("Another worker is fetching the shop's access token.", _REST_SECONDS)

    def _usable(self, row: token_rows.TokenRow | None, asking: Asking) -> HeldToken | None:
        if row is None or row.sealed is None or row.use_until is None:
            return None
        if row.credentials_version < asking.credentials_version or row.version <= asking.newer_than:
            return None
        seconds = (row.use_until - self._clock.now()).total_seconds()
        if seconds <= 0:
            return None
        try:
            value = self._keys.open(asking.connector_id, row.sealed).get(_FIELD)
        except CryptoError as error:
            _log.error("the access token of connector %s cannot be opened: %s", asking.connector_id, error.message)
            return None
        if value is None or value == asking.refused:
            return None
        return HeldToken(value, row.credentials_version, row.version, seconds)

    def _rest(self, row: token_rows.TokenRow | None, asking: Asking) -> float:
        """Seconds; newer credentials need not wait for what befell the old ones."""
        if row is None or row.rest_until is None or row.leased_for < asking.credentials_version:
            return 0.0
        return (row.rest_until - self._clock.now()).total_seconds()

    async def _fetch(self, asking: Asking, holder: UUID, leased: token_rows.Leased, version: int) -> HeldToken | None:
        """With the lease in hand. Null: another has written a newer token meanwhile."""
        try:
            credentials = self._keys.open(asking.connector_id, leased.sealed)
            asking.adopt(credentials, leased.credentials_version)
            async with self._extended(asking.connector_id, holder):
                token = await asking.fetch()
        except BaseException as error:
            await self._let_go(asking.connector_id, holder, error)
            raise
        register_secrets([token.value, *token.rotated.values()])
        return await self._keep(asking.connector_id, holder, version, token, credentials, leased.credentials_version)

    async def _keep(
        self,
        connector_id: UUID,
        holder: UUID,
        version: int,
        token: Token,
        credentials: Credentials,
        used: int,
    ) -> HeldToken | None:
        """Writes it. Who lost the lease takes it again, unless another has written: that one was fetched later, and is the newest.

        It insists however long the database is away: what the platform has replaced is nowhere else.
        """
        new = self._sealed(connector_id, token, credentials, used)
        patience = _Patience(self._wait)
        while await patience.more():
            written = await self._write(connector_id, holder, new)
            if written.superseded:
                return _unshared(token, used)
            if not written.lost:
                return HeldToken(token.value, written.credentials_version, written.version, _seconds(token))
            row = await insist(self._database, lambda c: token_rows.read(c, connector_id), alone=True)
            if row is None or row.version != version:
                return None
            await insist(self._database, self._taking(connector_id, holder, version), alone=True)
        return _unshared(token, used)

    def _sealed(self, connector_id: UUID, token: Token, credentials: Credentials, used: int) -> token_rows.NewToken:
        now, lives = self._clock.now(), token.expires_in_seconds
        replaced = {**credentials, **token.rotated} if token.rotated else None
        return token_rows.NewToken(
            sealed=self._keys.seal(connector_id, {_FIELD: token.value}),
            credentials_version=used,
            replaced=None if replaced is None else self._keys.seal(connector_id, replaced),
            expires_at=now + timedelta(seconds=lives),
            use_until=now + timedelta(seconds=_seconds(token)),
            refresh_after=now + timedelta(seconds=lives - early_of(lives)),
        )

    @asynccontextmanager
    async def _extended(self, connector_id: UUID, holder: UUID) -> AsyncIterator[None]:
        """The lease is short, so that a dead worker's lapses soon; a fetch may be long."""

        async def extending() -> None:
            while True:
                await asyncio.sleep(self._lease / 3)
                with contextlib.suppress(Exception):
                    await self._database.run(lambda c: token_rows.extend(c, connector_id, holder, self._lease))

        task = asyncio.create_task(extending())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _let_go(self, connector_id: UUID, holder: UUID, error: BaseException) -> None:
        """Others do not try the same at once: what was refused to one would be refused to each of them."""
        rest = None
        if isinstance(error, PlatformFault):
            seconds = min(max(error.retry_after or 0.0, _REST_SECONDS), _LONGEST_REST)
            rest = self._clock.now() + timedelta(seconds=seconds)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(2), self._database.connection() as connection:
                await token_rows.let_go(connection, connector_id, holder, rest)

    async def _read(self, connector_id: UUID) -> token_rows.TokenRow | None:
        return await self._database.run(lambda c: token_rows.read(c, connector_id), alone=True)

    async def _take(self, connector_id: UUID, holder: UUID, version: int) -> token_rows.Leased | None:
        return await self._database.run(self._taking(connector_id, holder, version), alone=True)

    def _taking(
        self, connector_id: UUID, holder: UUID, version: int
    ) -> Callable[[Connection], Awaitable[token_rows.Leased | None]]:
        return lambda c: token_rows.lease(c, connector_id, holder, version, self._lease, self._clock.now())

    async def _write(self, connector_id: UUID, holder: UUID, new: token_rows.NewToken) -> token_rows.Written:
        async def work(connection: Connection) -> token_rows.Written:
            return await token_rows.write(connection, connector_id, holder, new)

        return await insist(self._database, work)


class _Patience:
    """One look after another until the time is over; what is waited for is another process, so the time is real."""

    def __init__(self, seconds: float) -> None:
        self._until = asyncio.get_running_loop().time() + seconds
        self._pause = 0.0

    async def more(self) -> bool:
        """Whether to look once more; the first look is at once, the next ones after pauses."""
        if self._pause and asyncio.get_running_loop().time() >= self._until:
            return False
        await asyncio.sleep(self._pause)
        self._pause = min(self._pause * 1.5, 0.5) or _POLL_SECONDS
        return True


def _seconds(token: Token) -> float:
    return token.expires_in_seconds - margin_of(token.expires_in_seconds)


def _unshared(token: Token, credentials_version: int) -> HeldToken:
    """For this caller alone, which goes on with the credentials that it has."""
    return HeldToken(token.value, credentials_version, 0, _seconds(token))


def _unavailable(message: str, retry_after: float) -> PlatformFault:
    return PlatformFault(
        FaultKind.UNAVAILABLE,
        FaultScope.CONNECTOR,
        ReasonCode.UNAVAILABLE,
        message,
        retry_after=max(retry_after, 0.1),
    )
