"""Who is calling: an API key in the Authorization header, checked by form and checksum before the database is asked."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pixee_common.clock import Clock, SystemClock
from pixee_common.crypto import ApiKeyMalformed, parse, verify
from pixee_common.db import Database
from pixee_gateway.problems import Problem

_log = logging.getLogger(__name__)

REMEMBER_SECONDS = 5.0
MOST_REMEMBERED = 10_000

_FIND = """
SELECT account_id, secret_sha256, permissions, expires_at, revoked_at FROM api_keys WHERE id = $1
"""


class Permission(StrEnum):
    READ = "READ"
    MANAGE_SETTINGS = "MANAGE_SETTINGS"


@dataclass(frozen=True, slots=True)
class Caller:
    """The account that a request speaks for, and the key it came with."""

    account_id: UUID
    key_id: str
    permissions: frozenset[str]

    def require(self, permission: Permission) -> None:
        """Raises a 403 problem where the key does not carry the permission."""
        if permission not in self.permissions:
            raise Problem(403, "not_permitted", f"This API key lacks the permission {permission}.")


def _refused(detail: str) -> Problem:
    return Problem(401, "not_authenticated", detail, headers={"WWW-Authenticate": "Bearer"})


class Authenticator:
    """Checks keys; writes down every few seconds, not on every request, which were used.

    A key's row is believed for `REMEMBER_SECONDS`; the notification that a revocation sends (`forget`) ends that at once.
    """

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()
        self._used: dict[str, datetime] = {}
        self._known: dict[str, tuple[float, Any]] = {}

    def forget(self, key_id: str) -> None:
        """The key has changed; an empty id (notifications may have been missed) means every key."""
        if key_id:
            self._known.pop(key_id, None)
        else:
            self._known.clear()

    async def caller(self, authorization: str | None) -> Caller:
        """The caller behind the header's value. Raises a 401 problem."""
        scheme, _, text = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise _refused("Send an API key: Authorization: Bearer pix_…")
        try:
            key = parse(text.strip())
        except ApiKeyMalformed as error:
            raise _refused(f"The API key is not valid: {error.message}.") from None
        row = await self._row(key.id)
        if row is None or not verify(row["secret_sha256"], key.secret) or row["revoked_at"] is not None:
            raise _refused("The API key is not valid.")
        if row["expires_at"] is not None and row["expires_at"] <= self._clock.now():
            raise _refused("The API key has expired; make a new one with `pixee keys create`.")
        self._used[key.id] = self._clock.now()
        return Caller(row["account_id"], key.id, frozenset(row["permissions"]))

    async def _row(self, key_id: str) -> Any:
        until, row = self._known.get(key_id, (0.0, None))
        now = self._clock.monotonic()
        if row is not None and now < until:
            return row
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_FIND, key_id)
        if row is not None:
            if len(self._known) > MOST_REMEMBERED:
                self._known.clear()
            self._known[key_id] = (now + REMEMBER_SECONDS, row)
        return row

    async def run(self) -> None:
        """Writes down when keys were last used, every five seconds, until cancelled."""
        while True:
            await asyncio.sleep(5)
            used, self._used = self._used, {}
            if not used:
                continue
            try:
                async with self._database.connection() as connection:
                    await connection.executemany(
                        "UPDATE api_keys SET last_used_at = $2 WHERE id = $1", list(used.items())
                    )
            except Exception as error:
                _log.warning("last use of %d keys not written: %s", len(used), type(error).__name__)
