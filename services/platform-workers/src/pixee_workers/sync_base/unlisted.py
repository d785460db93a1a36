"""Stock and prices of what is not at the shop yet: decided only when no push of its product is under way.

A create carries the values that it read. A newer one that met it in flight, and was put aside as not listed, would be lost: the
create does not have it and nobody sends it again. So the product is held while its listing is looked for: a create in flight
ends first, and one that has read and not sent reads anew.
"""

from collections.abc import Sequence

from pixee_common.domain.job import OutcomeKind
from pixee_workers.sync_base.assembling import ReadItem, Verdict
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.values import Values

__all__ = ["read_behind_creates"]


async def read_behind_creates(carriage: Carriage, values: Values, reads: Sequence[ReadItem]) -> list[ReadItem]:
    """The same items; those that were not listed are read again behind whoever writes their product. Hold none of them."""
    unlisted = [read for read in reads if _is_unlisted(read)]
    if not unlisted:
        return list(reads)
    async with carriage.route.locks.hold(read.product_id for read in unlisted):
        ids = [read.id for read in unlisted]
        again = await values.read(carriage.operation, ids, carriage.connector, carriage.route.recent)
    newer = {read.id: read for read in again}
    return [newer.get(read.id, read) for read in reads]


def _is_unlisted(read: ReadItem) -> bool:
    return isinstance(read.body, Verdict) and read.body.kind is OutcomeKind.NOT_LISTED_YET
