"""Day partitions of jobs, chunks and item issues: made a week ahead, dropped when everything in them is past keeping."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from pixee_common.db.models import PARTITIONED_BY_DAY
from pixee_common.domain.ids import id_floor

DAYS_AHEAD = 7


def _bound(day: date) -> str:
    return str(id_floor(datetime(day.year, day.month, day.day, tzinfo=UTC)))


def partition_name(table: str, day: date) -> str:
    """For example chunks_20261124."""
    return f"{table}_{day:%Y%m%d}"


def creating(today: date, *, days_behind: int = 1) -> Iterator[str]:
    """Statements that make every partition from yesterday to a week ahead; harmless where one stands already."""
    for offset in range(-days_behind, DAYS_AHEAD + 1):
        day = today + timedelta(days=offset)
        for table in PARTITIONED_BY_DAY:
            yield (
                f"CREATE TABLE IF NOT EXISTS {partition_name(table, day)} PARTITION OF {table} "
                f"FOR VALUES FROM ('{_bound(day)}') TO ('{_bound(day + timedelta(days=1))}')"
                + (" WITH (fillfactor = 50)" if table == "chunks" else "")
            )


def dropping(existing: list[str], today: date, keep_days: int) -> Iterator[str]:
    """Statements that drop the partitions older than `keep_days`, given the names that exist."""
    oldest = today - timedelta(days=keep_days)
    for name in sorted(existing):
        table, _, stamp = name.rpartition("_")
        if table in PARTITIONED_BY_DAY and datetime.strptime(stamp, "%Y%m%d").replace(tzinfo=UTC).date() < oldest:
            yield f"DROP TABLE {name}"
