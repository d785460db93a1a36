"""One page of a pull: asked for, and staged as JSON for the orchestrator, which alone writes the catalog.

A page has no items that could be rejected, so a refusal is staged in its place, and ends the pull with what the shop said.
Where the platform first has to prepare what is read (a report, a bulk export) the chunk waits in its row and any worker asks again,
at most until the operation's verdict deadline, which is a day where the adapter declares none.
"""

from dataclasses import asdict
from typing import cast

import orjson
from pydantic import JsonValue

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.chunks import PageToCome, PulledPageRow, PullRefusal
from pixee_workers.sync_base.items import PulledProduct
from pixee_workers.sync_base.outcomes import PullPage
from pixee_workers.sync_base.results import backoff

LONGEST_WAIT = 86_400.0
SHORTEST_WAIT = 1.0
"""Seconds; an adapter that says less would only turn in a circle."""


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
        _wait(carriage, page)
        return
    carriage.tally.page = PulledPageRow(
        products=tuple(as_json(product) for product in page.products),
        next_cursor=page.next_cursor,
        requested_at=page.requested_at,
        total=page.total,
    )


def _wait(carriage: Carriage, page: PullPage) -> None:
    chunk, now = carriage.chunk, carriage.wiring.clock.now()
    since = chunk.page_waits_since or now
    deadline = carriage.capability.verdict_deadline_seconds or LONGEST_WAIT
    if (now - since).total_seconds() >= deadline:
        refusal = PullRefusal(ReasonCode.VERDICT_OVERDUE, "The shop did not get its list of products ready in time.")
        carriage.tally.page = PulledPageRow((), None, page.requested_at, refusal)
        return
    carriage.tally.page_to_come = PageToCome(page.next_cursor, since)
    carriage.tally.wait(ReasonCode.REMOTE_PENDING, max(page.wait_seconds, SHORTEST_WAIT))


def as_json(product: PulledProduct) -> JsonValue:
    """The product by its field names; moments in ISO 8601."""
    return cast("JsonValue", orjson.loads(orjson.dumps(asdict(product))))
