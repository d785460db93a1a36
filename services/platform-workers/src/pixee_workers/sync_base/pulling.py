"""One page of a pull: asked for, and staged as JSON for the orchestrator, which alone writes the catalog.

A page has no items that could be rejected, so a refusal is staged in its place, and ends the pull with what the shop said.
"""

from dataclasses import asdict
from typing import cast

import orjson
from pydantic import JsonValue

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.chunks import PulledPageRow, PullRefusal
from pixee_workers.sync_base.items import PulledProduct
from pixee_workers.sync_base.results import backoff


async def pull_page(carriage: Carriage) -> None:
    """Leave the page, or why there is none yet, in the carriage's tally."""
    chunk = carriage.chunk
    page = await carriage.ask(
        lambda context: carriage.adapter.pull(chunk.cursor, chunk.since, context), carriage.key("pull")
    )
    if isinstance(page, PlatformFault):
        carriage.stop_for(page)
        if page.kind is FaultKind.REFUSED:
            refusal = PullRefusal(page.reason, page.message)
            carriage.tally.page = PulledPageRow((), None, carriage.wiring.clock.now(), refusal)
        elif page.kind is FaultKind.CONTRACT_BROKEN:
            # Tried again, slower, until the job's own deadline: an adapter that reads the answer may come meanwhile.
            carriage.tally.wait(page.reason, backoff(chunk.attempt + 3))
        return
    if page.wait_seconds > 0:
        carriage.tally.wait(ReasonCode.REMOTE_PENDING, page.wait_seconds)
        return
    carriage.tally.page = PulledPageRow(
        products=tuple(as_json(product) for product in page.products),
        next_cursor=page.next_cursor,
        requested_at=page.requested_at,
    )


def as_json(product: PulledProduct) -> JsonValue:
    """The product by its field names; moments in ISO 8601."""
    return cast("JsonValue", orjson.loads(orjson.dumps(asdict(product))))
