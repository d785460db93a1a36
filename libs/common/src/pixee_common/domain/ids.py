"""Ids as types of their own, so that a job id never stands where a connector id is meant.

New ids are UUID version 7: they sort by time, and the day-partitioned tables (jobs, chunks, item issues) are partitioned by them.
"""

from datetime import UTC, datetime
from typing import NewType
from uuid import UUID

import uuid_utils

AccountId = NewType("AccountId", UUID)
ConnectorId = NewType("ConnectorId", UUID)
ProductId = NewType("ProductId", UUID)
VariantId = NewType("VariantId", UUID)
JobId = NewType("JobId", UUID)
WorkerId = NewType("WorkerId", UUID)
RouteKey = NewType("RouteKey", str)


def new_id() -> UUID:
    """A new UUID version 7."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


def id_floor(moment: datetime) -> UUID:
    """The smallest UUID version 7 of this moment (millisecond resolution): a bound for partitions and ranges."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0x2 << 62))


def id_moment(value: UUID) -> datetime:
    """The moment that a UUID version 7 carries."""
    return datetime.fromtimestamp((value.int >> 80) / 1000, tz=UTC)
