"""Day partitions ahead and old ones gone, and short-lived rows removed. The tables themselves belong to the owner, so the first two are
functions that run under the owner's rights.

Each in a transaction of its own: were the partitions made in one with what may fail or wait (rows of a month to delete), that would
undo them time after time, and a week later no job could be written.
"""

from collections.abc import Awaitable, Callable

from pixee_common.db import Connection, Database

__all__ = ["keep_house"]

STATEMENTS = (
    "DELETE FROM idempotency_keys WHERE created_at < now() - interval '24 hours'",
    "DELETE FROM probes WHERE asked_at < now() - interval '1 hour'",
    "DELETE FROM webhook_deliveries WHERE received_at < now() - interval '24 hours'",
)
OLD_REMOTE_JOBS = """
DELETE FROM remote_jobs r WHERE created_at < now() - make_interval(days => $1) AND (
    state IN ('late', 'done') OR EXISTS (SELECT FROM submissions s WHERE s.id = r.submission_id AND s.state <> 'open')
)
"""
OLD_SUBMISSIONS = """
DELETE FROM submissions s WHERE created_at < now() - make_interval(days => $1) AND NOT EXISTS (
    SELECT FROM remote_jobs r WHERE r.submission_id = s.id AND r.state = 'open'
)
"""
OLD_PAGES = "DELETE FROM pulled_pages WHERE staged_at < now() - make_interval(days => $1)"
OLD_ROWS = (OLD_REMOTE_JOBS, OLD_SUBMISSIONS, OLD_PAGES)


async def keep_house(database: Database, keep_days: int) -> None:
    """Runs all of it; harmless at any time and from several replicas."""
    await database.run(_executes("SELECT ensure_partitions()"))
    await database.run(_executes("SELECT drop_partitions($1)", keep_days))
    for statement in STATEMENTS:
        await database.run(_executes(statement))
    for statement in OLD_ROWS:
        await database.run(_executes(statement, keep_days))


def _executes(statement: str, *arguments: object) -> Callable[[Connection], Awaitable[None]]:
    async def work(connection: Connection) -> None:
        await connection.execute(statement, *arguments)

    return work
