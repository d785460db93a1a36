"""Accounts and API keys in the database. Only its owner may write them; each change is a row of the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pixee_cli.exits import CliError, UsageError
from pixee_common.crypto import hash_secret, issue
from pixee_common.db import Connection, Database
from pixee_common.db.channels import API_KEY
from pixee_common.domain.ids import new_id

PERMISSIONS = ("READ", "MANAGE_SETTINGS")
_ACTOR = "pixee-cli"
_AUDIT = "INSERT INTO audit_log (account_id, actor, action, target, details) VALUES ($1, $2, $3, $4, $5)"


@dataclass(frozen=True, slots=True)
class Account:
    """One account and the number of its live products."""

    id: UUID
    name: str
    products: int


@dataclass(frozen=True, slots=True)
class Key:
    """What may be shown of an API key after it was made."""

    id: str
    account: str
    name: str
    permissions: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


async def create_account(database: Database, name: str) -> UUID:
    """Raises CliError when the name is taken: the commands find accounts by name."""
    account_id = new_id()

    async def work(connection: Connection) -> None:
        await connection.execute("LOCK TABLE accounts IN SHARE ROW EXCLUSIVE MODE")
        if await connection.fetchval("SELECT 1 FROM accounts WHERE name = $1 AND id <> $2", name, account_id):
            raise CliError(f"there is an account '{name}' already")
        await connection.execute(
            "INSERT INTO accounts (id, name) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING", account_id, name
        )
        await connection.execute(_AUDIT, account_id, _ACTOR, "account.created", str(account_id), {"name": name})

    if not name.strip():
        raise UsageError("an account needs a name")
    await database.run(work)
    return account_id


async def list_accounts(database: Database) -> list[Account]:
    """All accounts, the oldest first."""
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT id, name, product_count FROM accounts ORDER BY id")
    return [Account(row["id"], row["name"], row["product_count"]) for row in rows]


async def find_account(database: Database, wanted: str | None) -> Account:
    """By name or id; without either the only one there is.

    Raises:
        UsageError: none, or several where none was named.
    """
    found = await list_accounts(database)
    if wanted is not None:
        matching = [one for one in found if wanted in {one.name, str(one.id)}]
        if not matching:
            raise UsageError(f"there is no account '{wanted}'; see `pixee accounts list`")
        return matching[0]
    if not found:
        raise UsageError("there is no account yet: make one with `pixee accounts create <name>`")
    if len(found) > 1:
        raise UsageError(f"name the account with --account: {', '.join(one.name for one in found)}")
    return found[0]


async def create_key(
    database: Database, account: Account, name: str, permissions: Sequence[str], *, days: int | None = None
) -> tuple[str, str]:
    """(id, the key in clear, which is stored nowhere). `days` until it expires; None: never."""
    wrong = [one for one in permissions if one not in PERMISSIONS]
    if wrong or not permissions:
        raise UsageError(f"permissions are {' and '.join(PERMISSIONS)}, not {', '.join(wrong) or 'none'}")
    key = issue()
    expires = None if days is None else datetime.now(UTC) + timedelta(days=days)

    async def work(connection: Connection) -> None:
        await connection.execute(
            "INSERT INTO api_keys (id, account_id, name, secret_sha256, permissions, expires_at)"
            " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
            key.id, account.id, name, hash_secret(key.secret), list(permissions), expires,
        )  # fmt: skip
        details = {"name": name, "permissions": list(permissions)}
        await connection.execute(_AUDIT, account.id, _ACTOR, "api_key.created", key.id, details)

    await database.run(work)
    return key.id, key.text()


async def list_keys(database: Database, account: Account | None) -> list[Key]:
    """Keys of one account, or of all."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT k.*, a.name AS account FROM api_keys k JOIN accounts a ON a.id = k.account_id"
            " WHERE $1::uuid IS NULL OR k.account_id = $1 ORDER BY k.created_at",
            account.id if account else None,
        )
    return [
        Key(
            id=row["id"],
            account=row["account"],
            name=row["name"],
            permissions=tuple(row["permissions"]),
            created_at=row["created_at"],
            expires_at=row["expires_at"],
            revoked_at=row["revoked_at"],
            last_used_at=row["last_used_at"],
        )
        for row in rows
    ]


async def revoke_key(database: Database, key_id: str) -> None:
    """Ends a key at once. Raises UsageError when there is no such key; revoking twice changes nothing."""

    async def work(connection: Connection) -> None:
        row = await connection.fetchrow("SELECT account_id, revoked_at FROM api_keys WHERE id = $1 FOR UPDATE", key_id)
        if row is None:
            raise UsageError(f"there is no API key with the id '{key_id}'; see `pixee keys list`")
        if row["revoked_at"] is None:
            await connection.execute("UPDATE api_keys SET revoked_at = now() WHERE id = $1", key_id)
            await connection.execute("SELECT pg_notify($1, $2)", API_KEY, key_id)
            await connection.execute(_AUDIT, row["account_id"], _ACTOR, "api_key.revoked", key_id, {})

    await database.run(work)
