"""One door to PostgreSQL for every service: a pool that starts without the server, transactions that survive its restart, notifications.

SQL is written by hand, next to the use it serves, and runs on asyncpg directly; SQLAlchemy declares the tables and drives the
migrations (docs/adr/0003).
"""

import asyncio
import contextlib
import json
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy

from pixee_common.db.transient import is_transient

if TYPE_CHECKING:  # asyncpg's classes are generic in its stubs only
    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
    BareConnection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = Pool = Any
    BareConnection = asyncpg.Connection
Result = TypeVar("Result")

_log = logging.getLogger(__name__)

# What is no JSON becomes `str(value)`, as with the standard library's encoder.
_AS_JSON_DOES = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


class _Connection(BareConnection):
    """Nothing of ours changes a session, so nothing is reset: that saves a round trip for every use of the pool."""

    def get_reset_query(self) -> str:
        return ""


async def _prepare(connection: BareConnection) -> None:
    await connection.set_type_codec("jsonb", encoder=_encode, decoder=orjson.loads, schema="pg_catalog")


def _encode(value: Any) -> str:
    try:
        return orjson.dumps(value, default=str, option=_AS_JSON_DOES).decode()
    except orjson.JSONEncodeError:  # an integer beyond 64 bits, or a lone surrogate
        return json.dumps(value, separators=(",", ":"), default=str)


class Database:
    """A pool of connections under one role.

    `retry_for` bounds how long `run` keeps trying while the server is away (seconds).
    """

    def __init__(self, dsn: str, *, name: str, most_connections: int = 10, retry_for: float = 60.0) -> None:
        self._dsn = dsn
        self._name = name
        self._most = most_connections
        self._retry_for = retry_for
        self._pool: Pool | None = None
        self._opening = asyncio.Lock()

    async def pool(self) -> Pool:
        """The pool; made at first use, without connecting."""
        if self._pool is None:
            async with self._opening:
                if self._pool is None:
                    self._pool = await asyncpg.create_pool(
                        self._dsn,
                        min_size=0,
                        max_size=self._most,
                        connection_class=_Connection,
                        init=_prepare,
                        timeout=5,
                        command_timeout=30,
                        server_settings={"application_name": self._name},
                        max_inactive_connection_lifetime=60,
                    )
        return self._pool

    async def close(self) -> None:
        """Closes idle connections at once, busy ones within two seconds."""
        if self._pool is None:
            return
        pool, self._pool = self._pool, None
        try:
            await asyncio.wait_for(pool.close(), timeout=2)
        except TimeoutError:
            pool.terminate()

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection outside any transaction; each statement commits by itself."""
        pool = await self.pool()
        async with pool.acquire() as connection:
            try:
                yield connection
            # Out of step with the server, or with a server that was demoted: nobody may have it after us.
            except (asyncpg.InternalClientError, asyncpg.ReadOnlySQLTransactionError):
                connection.terminate()
                raise

    @contextlib.asynccontextmanager
    async def transaction(self, account: UUID | None = None) -> AsyncIterator[Connection]:
        """One transaction; with an account, row-level security holds it to that account's rows."""
        async with self.connection() as connection, connection.transaction():
            if account is not None:
                await connection.execute("SELECT set_config('pixee.account', $1, true)", str(account))
            yield connection

    async def run(
        self, work: Callable[[Connection], Awaitable[Result]], *, account: UUID | None = None, alone: bool = False
    ) -> Result:
        """Does the work in one transaction, again from the beginning whenever the database went away or a lock was lost.

        The work must therefore be repeatable: conditions on state, not on what this process remembers. `alone`: the work is a
        single statement without an account, or makes its own transaction; BEGIN and COMMIT, a round trip each, are left out.

        Raises:
            Exception: the last error, when it is not transient or the time is over.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self._retry_for
        pause = 0.05
        while True:
            try:
                async with self.connection() if alone else self.transaction(account) as connection:
                    return await work(connection)
            except Exception as error:
                if not is_transient(error) or loop.time() >= until:
                    raise
                _log.warning("database: %s, trying again", type(error).__name__)
            await asyncio.sleep(pause * random.uniform(0.7, 1.3))
            pause = min(pause * 2, 1.0)

    async def listen(self, channels: dict[str, Callable[[str], None]]) -> None:
        """Calls the channel's function with each notification's payload, for ever; connects again when the connection is lost.

        A lost notification costs time, never correctness: every listener also sweeps. After each (re)connection every function
        is called once with an empty payload, so that what was missed meanwhile is looked at.
        """
        while True:
            with contextlib.suppress(Exception):
                await self._listen_once(channels)
            await asyncio.sleep(random.uniform(0.2, 0.6))

    async def _listen_once(self, channels: dict[str, Callable[[str], None]]) -> None:
        connection = await asyncpg.connect(
            self._dsn, timeout=5, server_settings={"application_name": f"{self._name} listen"}
        )
        lost = asyncio.Event()
        connection.add_termination_listener(lambda *_: lost.set())
        try:
            for channel, callback in channels.items():
                await connection.add_listener(channel, lambda _c, _p, _ch, payload, call=callback: call(str(payload)))
                callback("")
            while not lost.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(10):
                        await lost.wait()
                if not lost.is_set():
                    await connection.execute("SELECT 1", timeout=5)
        finally:
            connection.terminate()
