"""A product push that says something of stock or prices waits for the files of these that still hold the product's variants.

A platform reads a file when it likes. Would a withdrawal (often a quantity of zero) or a create (it carries today's values) go past
one, the file's older values would be the shop's last word, and a withdrawn product would sell again. An update carries neither, and
waits for nothing; nor do stock and prices ever wait for a product.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pixee_common.db import Database
from pixee_common.domain.job import Operation
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.items import Action, ProductItem
from pixee_workers.sync_base.tracks import Track

__all__ = ["OpenFiles"]

_VALUES = (Operation.PUSH_STOCK, Operation.PUSH_PRICES)
_PAUSE = timedelta(seconds=5)

# One that was begun is about to be handed over; one whose deadline has passed will not be read any more.
_HOLDING = """
SELECT i.item, max(i.next_poll_at) AS until FROM (
    SELECT unnest(r.item_ids) AS item, s.next_poll_at FROM remote_jobs r JOIN submissions s ON s.id = r.submission_id
    WHERE r.connector_id = $1 AND r.operation IN ('push_stock', 'push_prices') AND r.state = 'open'
      AND r.submission_id IS NOT NULL AND s.state IN ('begun', 'open') AND (s.deadline_at IS NULL OR s.deadline_at > now())
) i JOIN unnest($2::uuid[]) AS a(item) ON a.item = i.item
GROUP BY i.item
"""


class OpenFiles:
    """Asks which variants files hold; one look into an index that is nearly always empty."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def behind(self, carriage: Carriage, tracks: Sequence[Track]) -> list[Track]:
        """The tracks that may go now; the others stay open and come again when the file is asked for."""
        variants = {track.id: _variants(track) for track in tracks}
        wanted = sorted({variant for ids in variants.values() for variant in ids})
        if not wanted or not _takes_files(carriage) or carriage.chunk.cancelled:
            return list(tracks)
        rows = await self._database.run(lambda c: c.fetch(_HOLDING, carriage.connector.id, wanted), alone=True)
        holding: dict[UUID, datetime | None] = {row["item"]: row["until"] for row in rows}
        kept = []
        for track in tracks:
            held = [holding[variant] for variant in variants[track.id] if variant in holding]
            if held:
                carriage.tally.wait_until(ReasonCode.REMOTE_PENDING, _when(held, carriage.wiring.clock.now()))
            else:
                kept.append(track)
        return kept


def _variants(track: Track) -> list[UUID]:
    item = track.ready.item
    if not isinstance(item, ProductItem) or (item.action is Action.UPSERT and not track.ready.creates):
        return []
    return [variant.id for variant in item.variants]


def _takes_files(carriage: Carriage) -> bool:
    capabilities = carriage.adapter.manifest.capabilities
    return any(one in capabilities and capabilities[one].upload is not None for one in _VALUES)


def _when(polls: Iterable[datetime | None], now: datetime) -> datetime:
    return max([now + _PAUSE, *(poll for poll in polls if poll is not None)])
