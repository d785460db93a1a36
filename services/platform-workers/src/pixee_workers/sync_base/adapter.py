"""The contract between the sync engine and a platform.

Life of an adapter
1. The worker finds `platforms/<slug>/` and makes one adapter for the process: `create() -> Adapter`. It keeps no state of its
   own; what is worth keeping for a connector goes to `context.memory` (may vanish) or into a listing's `refs` (kept).
2. For each chunk the engine reads the values, asks `mapped` for the platform's words, drops what is unchanged (by hash over
   those words), stale or not ours, and hands the rest to `submit`, at most `max_items` and `max_weight` at a time, at most
   `concurrency` submissions at once, never two that touch one product.
3. It writes the outcomes, polls remote jobs, looks up what is unknown, and comes again with what is still open.

What the engine promises: one route has one owner at a time; budgets are kept (every call goes through the context);
throttling, back-off, parking, bisecting, token refresh and credentials pauses are its work; items it hands over are upserts
or withdrawals with the newest values; what the manifest does not claim is not asked for. Currencies, versions, unknown listings
and EANs that products share are judged before and behind the adapter, not in it.

What an adapter owes: an outcome for every item it was given, keyed by item id, else all of them count as `unknown`; no loops
over retries, no sleeping, no locks, no splitting; no I/O but `context.call`; no secret in any message. A fault that concerns
the whole submission is raised (`PlatformFault`); one that concerns a single item is an outcome. What most platforms
need not write: `plain_adapter`, `plain_json`, `plain_outcomes`, `plain_finding`, `plain_levels`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from pixee_common.domain.faults import PlatformFault
from pixee_common.domain.job import Operation
from pixee_common.egress import HttpAnswer
from pixee_common.platforms.manifest import Manifest
from pixee_common.platforms.requirements import Requirements
from pixee_workers.sync_base.calls import BudgetReading, CallContext, ConnectorSettings
from pixee_workers.sync_base.items import Mapped, ProductItem, PushItem
from pixee_workers.sync_base.outcomes import (
    Cursor,
    Finds,
    PollResult,
    PullPage,
    RemoteJob,
    Submission,
    TestReport,
    Words,
)


class Adapter(Protocol):
    """One platform. See the module for what both sides promise."""

    @property
    def manifest(self) -> Manifest:
        """The platform as data."""
        ...

    async def test(self, context: CallContext) -> TestReport:
        """Ask the shop who it is and what it grants, with the cheapest calls that prove it. Writes nothing.

        Raises:
            PlatformFault: the shop refuses or cannot be reached; the message says what to mend.
        """
        ...

    async def describe(self, context: CallContext) -> Requirements:
        """What this shop demands and offers (locations, categories, tax classes, attributes), for the merchant's mapping.

        A code is what the merchant's mapping will hold and `mapped` will read. Writes nothing.

        Raises:
            PlatformFault: as for `test`.
        """
        ...

    def mapped(self, operation: Operation, item: PushItem, settings: ConnectorSettings) -> Words:
        """The item's values in the platform's words: pure, stable, complete for an update.

        The hash that decides `unchanged` is taken over this, so it holds nothing that differs from run to run, no id of the shop,
        and for a product push neither price nor quantity.
        """
        ...

    def weight(self, operation: Operation, item: PushItem) -> int:
        """The item's size in the platform's units (variants, rows); at least 1."""
        ...

    async def submit(self, operation: Operation, items: Sequence[Mapped[PushItem]], context: CallContext) -> Submission:
        """Write the items at the shop.

        Items are of the operation's kind. Where an item has a listing it is an update of that object; without one it is a create.
        What to answer when the shop disagrees:
        - It does not have a listed object any more: `plain_outcomes.not_there` (an update comes again at once, as a create).
        - A create meets an object (a SKU that is taken): `exists`; the engine asks `find` and links it or leaves it to a person.
        - It refuses this item for what it holds: `rejected`, with a reason that is the same each time for the same content.
        - The answer does not speak of the item: `unknown`.

        Raises:
            PlatformFault: nothing can be said of single items, but that the platform may name some (`guilty`: their ids).
                `throttled`, `unavailable`: all come again; `ambiguous`: all become `unknown` and are looked up first;
                `refused`, `too_big`: those that are named are rejected, and the rest comes again at once. With nobody
                named, `refused` rejects all (bisected where the operation is all or nothing), `too_big` is halved.
                Outcomes already certain are lost with it, so raise only before the first write or for a submission that
                is idempotent.
        """
        ...

    async def poll(self, remote_job: RemoteJob, context: CallContext) -> PollResult:
        """Ask for a remote job. Must work in a process that never saw the submission."""
        ...

    async def find(self, operation: Operation, items: Sequence[ProductItem], context: CallContext) -> Finds:
        """What the shop has for these products: by our key where the shop carries it, else by SKU, else by EAN. None: nothing.

        Asked, for at most 50 products at a time, when a create may or may not have happened or answered `exists`, and before a first
        create where the capability says so (`look_up_new`). None is a proof: the product is created then.
        """
        ...

    async def pull(self, cursor: Cursor | None, since: datetime | None, context: CallContext) -> PullPage:
        """One page of at most `max_items` products. The cursor is the adapter's own JSON (null: begin), never comes twice in a pull and
        holds all that the page needs, for another process may ask for it; `since` is null for a full pull, the same for all pages.

        Goes on behind the last product seen, never at a number of products: shops change meanwhile. With `overlap_seconds` in the
        manifest the adapter begins so much before `since`. Where the platform has to prepare the list first,
        `PullPage.wait_seconds` says when to ask again.
        """
        ...

    def classify(self, answer: HttpAnswer) -> PlatformFault | None:
        """The fault that a whole answer stands for, or null where its body is to be read item by item. Pure.

        Called for every answer, of any status and with any body: pages of HTML, half a document, nothing. An answer that is not the
        platform's own is `contract_broken` (2xx, 3xx, 4xx) or `unavailable` (5xx), never null. `answer.json()` raises
        `AnswerNotJson`, which is no ValueError: `plain_json.json_object` answers null instead.
        """
        ...

    def observe(self, answer: HttpAnswer) -> Sequence[BudgetReading]:
        """What the answer tells of the budgets, throttled or not."""
        ...


@runtime_checkable
class Refresher(Protocol):
    """What an adapter also has when its tokens are fetched: then the engine renews them in time, even when nothing is sent."""

    async def refresh(self, context: CallContext) -> None:
        """Ask `context.token` for a token as every call does, and do nothing else; without a token to fetch do nothing.

        Raises:
            PlatformFault: as any call.
        """
        ...
