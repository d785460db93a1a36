"""Dead letters in the database: read, and replayed by writing the raw bytes into the outbox again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pixee_cli.exits import UsageError
from pixee_common.db import Connection, Database
from pixee_common.db.channels import OUTBOX

_REPLAY = """
WITH letter AS (
    UPDATE dead_letters SET replayed_at = now() WHERE id = $1 RETURNING topic, key, payload, headers
), sent AS (
    INSERT INTO outbox (topic, key, payload, headers)
    SELECT topic, coalesce(key, ''::bytea), payload, headers FROM letter RETURNING 1
)
SELECT count(*), pg_notify($2, '') FROM sent
"""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message that nobody could read or write."""

    id: int
    account_id: UUID | None
    topic: str
    partition: int | None
    offset: int | None
    reason: str
    message: str
    first_seen_at: datetime
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True)
class RawLetter:
    """Its raw bytes and headers."""

    about: DeadLetter
    key: bytes | None
    payload: bytes
    headers: dict[str, str]


def _letter(row: Any) -> DeadLetter:
    return DeadLetter(
        id=row["id"],
        account_id=row["account_id"],
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        reason=row["reason"],
        message=row["message"],
        first_seen_at=row["first_seen_at"],
        replayed_at=row["replayed_at"],
    )


async def list_letters(database: Database, *, replayed: bool = False, limit: int = 100) -> list[DeadLetter]:
    """The newest first; those already replayed only when asked for."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT * FROM dead_letters WHERE $1 OR replayed_at IS NULL ORDER BY id DESC LIMIT $2", replayed, limit
        )
    return [_letter(row) for row in rows]


async def read_letter(database: Database, letter_id: int) -> RawLetter:
    """Raises UsageError when there is none of that number."""
    async with database.connection() as connection:
        row = await connection.fetchrow("SELECT * FROM dead_letters WHERE id = $1", letter_id)
    if row is None:
        raise UsageError(f"there is no dead letter {letter_id}; see `pixee dlq list`")
    key = None if row["key"] is None else bytes(row["key"])
    return RawLetter(_letter(row), key, bytes(row["payload"]), dict(row["headers"]))


async def replay_letter(database: Database, letter_id: int) -> DeadLetter:
    """Sends it to its topic once more. Raises UsageError when there is none of that number."""
    letter = await read_letter(database, letter_id)

    async def work(connection: Connection) -> None:
        await connection.fetchrow(_REPLAY, letter_id, OUTBOX)

    await database.run(work)
    return letter.about
