"""Who is calling: an API key in the Authorization header, checked by form and checksum before the database is asked."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from pixee_common.crypto import ApiKeyMalformed, parse, verify
from pixee_common.db import Database
from pixee_gateway.problems import Problem

_log = logging.getLogger(__name__)

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
    """Checks keys; remembers which were used and writes that down every few seconds, not on every request."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._used: dict[str, datetime] = {}

    async def caller(self, authorization: str | None) -> Caller:
        """The caller behind the header's value. Raises a 401 problem."""
        scheme, _, text = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise _refused("Send an API key: Authorization: Bearer pix_…")
        try:
            key = parse(text.strip())
        except ApiKeyMalformed as error:
            raise _refused(f"The API key is not valid: {error.message}.") from None
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_FIND, key.id)
        if row is None or not verify(row["secret_sha256"], key.secret) or row["revoked_at"] is not None:
            raise _refused("The API key is not valid.")
        if row["expires_at"] is not None and row["expires_at"] <= datetime.now(UTC):
            raise _refused("The API key has expired; make a new one with `pixee keys create`.")
        self._used[key.id] = datetime.now(UTC)
        return Caller(row["account_id"], key.id, frozenset(row["permissions"]))

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
