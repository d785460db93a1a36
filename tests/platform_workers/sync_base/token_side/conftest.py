"""Workers that share tokens: each a store over a pool of its own, all on one real PostgreSQL, under the worker's role."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from platform_workers.sync_base.courier_side.shop_rows import KEYS, ShopRows

from pixee_common.clock import SystemClock
from pixee_common.crypto import Credentials, SealedCredentials
from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.calls import Token
from pixee_workers.sync_base.shared_tokens import SharedTokens
from pixee_workers.sync_base.tokens import TokenStore


class ShiftedClock(SystemClock):
    """Real time, moved forward at will."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.offset)

    def monotonic(self) -> float:
        return super().monotonic() + self.offset


@dataclass
class Issuer:
    """A token endpoint. With `rotating`, only the newest refresh token is good, and each answer replaces it."""

    rotating: bool = False
    takes: float = 0.05
    fails: PlatformFault | None = None
    current: str = "refresh-token-number-0"
    calls: int = 0
    used: list[str] = field(default_factory=list)

    async def issue(self, refresh_token: str) -> Token:
        self.calls += 1
        number = self.calls
        self.used.append(refresh_token)
        await asyncio.sleep(self.takes)
        if self.fails is not None:
            raise self.fails
        if not self.rotating:
            return Token(f"access-token-number-{number}", 3600)
        if refresh_token != self.current:
            raise refused()
        self.current = f"refresh-token-number-{number}"
        return Token(f"access-token-number-{number}", 3600, {"refresh_token": self.current})


def refused() -> PlatformFault:
    return PlatformFault(
        FaultKind.CREDENTIALS, FaultScope.CONNECTOR, ReasonCode.CREDENTIALS_REFUSED, "The refresh token is not valid."
    )


class Worker:
    """One process: a store, and what its contexts know of the credentials (as old as the test wishes)."""

    def __init__(self, rows: ShopRows, database: Any, clock: SystemClock, issuer: Issuer, **shared: float) -> None:
        self.rows, self.issuer, self.clock = rows, issuer, clock
        self.store = TokenStore(clock, SharedTokens(database, KEYS, clock, **shared))
        self.version = 1
        self.credentials = Credentials({"refresh_token": "refresh-token-number-0"})

    def adopt(self, credentials: Credentials, version: int) -> None:
        self.credentials, self.version = credentials, version

    async def fetch(self) -> Token:
        return await self.issuer.issue(self.credentials["refresh_token"])

    async def token(self, **options: Any) -> str:
        return await self.store.get(self.rows.connector, self.version, self.fetch, self.adopt, **options)


@dataclass
class Stand:
    """A connector with a refresh token, and as many workers as are hired."""

    rows: ShopRows
    as_role: Callable[[str], Any]
    clock: ShiftedClock = field(default_factory=ShiftedClock)
    issuer: Issuer = field(default_factory=Issuer)

    def worker(self, **shared: float) -> Worker:
        return Worker(self.rows, self.as_role("worker"), self.clock, self.issuer, **shared)

    async def row(self) -> Any:
        (row,) = await self.rows.run("SELECT * FROM access_tokens WHERE connector_id = $1", self.rows.connector)
        return row

    async def kept(self) -> tuple[int, str]:
        """Version of the credentials in the database, and the refresh token in them."""
        (row,) = await self.rows.run(
            "SELECT key_id, ciphertext, version FROM credentials WHERE connector_id = $1", self.rows.connector
        )
        return row["version"], KEYS.open(self.rows.connector, _sealed(row))["refresh_token"]

    async def enter(self, refresh_token: str) -> None:
        """The merchant's new credentials."""
        sealed = KEYS.seal(self.rows.connector, {"refresh_token": refresh_token})
        await self.rows.run(
            "UPDATE credentials SET key_id = $2, ciphertext = $3, version = version + 1 WHERE connector_id = $1",
            self.rows.connector, sealed.key_id, sealed.ciphertext,
        )  # fmt: skip


def _sealed(row: Any) -> SealedCredentials:
    return SealedCredentials(row["key_id"], row["ciphertext"])


@pytest.fixture
async def stand(owner, as_role) -> Stand:
    rows = ShopRows(owner, credentials={"refresh_token": "refresh-token-number-0"})
    await rows.add_connector()
    return Stand(rows, as_role)
