"""The statements behind shared tokens: read, lease, write, let go. Each is conditional, so that each may be repeated and may be lost.

Whose lease it is, and which version it replaces, are compared in the statement that changes it. The lease runs by the database's
clock alone; a token's life and the rest after a failure run by the caller's (margins cover their difference).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pixee_common.crypto import SealedCredentials
from pixee_common.db import Connection

_READ = """
SELECT key_id, ciphertext, credentials_version, use_until, version, rest_until, leased_for
  FROM access_tokens WHERE connector_id = $1
"""
# Credentials and lease are one snapshot: who replaced the credentials since then raised the version, and the lease is not given.
_LEASE = """
WITH known AS (
    SELECT c.id, c.account_id, k.key_id, k.ciphertext, k.version
      FROM connectors c JOIN credentials k ON k.connector_id = c.id
     WHERE c.id = $1 AND c.deleted_at IS NULL
), taken AS (
    INSERT INTO access_tokens AS t (connector_id, account_id, leased_by, leased_until, leased_for)
    SELECT id, account_id, $2, now() + make_interval(secs => $4), version FROM known
    ON CONFLICT (connector_id) DO UPDATE
       SET leased_by = excluded.leased_by, leased_until = excluded.leased_until, leased_for = excluded.leased_for,
           rest_until = NULL
     WHERE t.version = $3
       AND (t.leased_for IS NULL OR t.leased_for < excluded.leased_for OR t.leased_by = excluded.leased_by
            OR (t.leased_until <= now() AND coalesce(t.rest_until, '-infinity') <= $5))
    RETURNING t.connector_id
)
SELECT k.key_id, k.ciphertext, k.version, t.connector_id IS NOT NULL AS taken
  FROM known k LEFT JOIN taken t ON t.connector_id = k.id
"""
_EXTEND = """
UPDATE access_tokens SET leased_until = now() + make_interval(secs => $3) WHERE connector_id = $1 AND leased_by = $2
"""
_LET_GO = """
UPDATE access_tokens SET leased_by = NULL, leased_until = now(), rest_until = $3
 WHERE connector_id = $1 AND leased_by = $2
"""
_HOLD = "SELECT version FROM access_tokens WHERE connector_id = $1 AND leased_by = $2 FOR UPDATE"
_REPLACE_CREDENTIALS = """
UPDATE credentials SET key_id = $3, ciphertext = $4, version = version + 1, updated_at = now()
 WHERE connector_id = $1 AND version = $2 RETURNING version
"""
_WRITE = """
UPDATE access_tokens
   SET key_id = $2, ciphertext = $3, credentials_version = $4, expires_at = $5, use_until = $6, refresh_after = $7,
       version = version + 1, leased_by = NULL, leased_until = NULL, leased_for = NULL, rest_until = NULL
 WHERE connector_id = $1 RETURNING version
"""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """What stands in the row."""

    sealed: SealedCredentials | None
    credentials_version: int
    use_until: datetime | None
    version: int
    rest_until: datetime | None
    """A fetch with the credentials of version `leased_for` has failed, and nobody tries it again before."""
    leased_for: int


@dataclass(frozen=True, slots=True)
class Leased:
    """The lease is ours (`taken`) or somebody else's; the credentials are those to fetch with."""

    taken: bool
    sealed: SealedCredentials
    credentials_version: int


@dataclass(frozen=True, slots=True)
class NewToken:
    """A fetched token, ready to be written."""

    sealed: SealedCredentials
    credentials_version: int
    """Of the credentials that it was fetched with."""
    replaced: SealedCredentials | None
    """The credentials with what the platform replaced in them."""
    expires_at: datetime
    use_until: datetime
    refresh_after: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """`lost`: the lease is not ours any more. `superseded`: the merchant gave new credentials meanwhile. Nothing was written then."""

    lost: bool = False
    superseded: bool = False
    version: int = 0
    credentials_version: int = 0


async def read(connection: Connection, connector_id: UUID) -> TokenRow | None:
    """The row, if there is one."""
    row = await connection.fetchrow(_READ, connector_id)
    if row is None:
        return None
    return TokenRow(
        sealed=_sealed(row),
        credentials_version=row["credentials_version"],
        use_until=row["use_until"],
        version=row["version"],
        rest_until=row["rest_until"],
        leased_for=row["leased_for"] or 0,
    )


async def lease(
    connection: Connection, connector_id: UUID, holder: UUID, version: int, seconds: float, now: datetime
) -> Leased | None:
    """Takes the lease if the token is still of this version, nobody has it, and no failed fetch rests. Null: no such connector, or no credentials."""
    row = await connection.fetchrow(_LEASE, connector_id, holder, version, seconds, now)
    if row is None:
        return None
    return Leased(row["taken"], SealedCredentials(row["key_id"], row["ciphertext"]), row["version"])


async def extend(connection: Connection, connector_id: UUID, holder: UUID, seconds: float) -> None:
    """The fetch is still under way."""
    await connection.execute(_EXTEND, connector_id, holder, seconds)


async def let_go(connection: Connection, connector_id: UUID, holder: UUID, rest_until: datetime | None) -> None:
    """The fetch has failed: nobody tries again before the rest is over."""
    await connection.execute(_LET_GO, connector_id, holder, rest_until)


async def write(connection: Connection, connector_id: UUID, holder: UUID, new: NewToken) -> Written:
    """Token and replaced credentials in one transaction (the caller's), or nothing."""
    if await connection.fetchval(_HOLD, connector_id, holder) is None:
        return Written(lost=True)
    credentials_version = new.credentials_version
    if new.replaced is not None:
        sealed = new.replaced
        credentials_version = await connection.fetchval(
            _REPLACE_CREDENTIALS, connector_id, new.credentials_version, sealed.key_id, sealed.ciphertext
        )
        if credentials_version is None:
            await let_go(connection, connector_id, holder, None)
            return Written(superseded=True)
    version = await connection.fetchval(
        _WRITE,
        connector_id,
        new.sealed.key_id,
        new.sealed.ciphertext,
        credentials_version,
        new.expires_at,
        new.use_until,
        new.refresh_after,
    )
    return Written(version=version, credentials_version=credentials_version)


def _sealed(row: Any) -> SealedCredentials | None:
    return None if row["ciphertext"] is None else SealedCredentials(row["key_id"], row["ciphertext"])
