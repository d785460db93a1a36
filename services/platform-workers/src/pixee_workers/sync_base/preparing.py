"""Which of the items that were read have to be sent: everything else is decided here, at zero calls. Pure."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from pydantic import JsonValue

from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.assembling import ReadItem, Verdict
from pixee_workers.sync_base.connectors_read import Connector
from pixee_workers.sync_base.failures import Held, attempt_hash
from pixee_workers.sync_base.hashes import action_of, content_hash
from pixee_workers.sync_base.items import Action, Mapped, ProductItem, PushItem
from pixee_workers.sync_base.outcomes import Outcome, Refusal

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """An item that is to be sent, in the platform's words."""

    read: ReadItem
    item: PushItem
    values: JsonValue
    hash: bytes
    weight: int

    @property
    def creates(self) -> bool:
        """Whether sending it makes a new object at the shop."""
        return isinstance(self.item, ProductItem) and self.item.listing is None

    @property
    def mapped(self) -> Mapped[PushItem]:
        """As the adapter gets it."""
        return Mapped(self.item, self.values)

    @property
    def attempt(self) -> bytes:
        """What a failure is held against."""
        return attempt_hash(self.hash, self.item)

    def with_item(self, item: PushItem) -> "Ready":
        """The same values for an item that has meanwhile been linked (or has lost its link)."""
        return replace(self, item=item)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be sent, and what is decided already (with what was read of it)."""

    ready: tuple[Ready, ...]
    decided: tuple[tuple[ReadItem, Outcome], ...]


def prepare(
    reads: Sequence[ReadItem],
    operation: Operation,
    connector: Connector,
    adapter: Adapter,
    *,
    forced: Collection[UUID] = frozenset(),
) -> Prepared:
    """Sort the items. `forced`: of these nobody knows what the shop has, so they are sent even if they look unchanged."""
    ready: list[Ready] = []
    decided: list[tuple[ReadItem, Outcome]] = []
    for read in reads:
        found = _one(read, operation, connector, adapter, forced=read.id in forced)
        if isinstance(found, Ready):
            ready.append(found)
        else:
            decided.append((read, found))
    return Prepared(tuple(ready), tuple(decided))


def mapped_hash(
    operation: Operation, item: PushItem, connector: Connector, adapter: Adapter
) -> tuple[JsonValue, bytes] | Refusal:
    """The item in the platform's words with its hash, or why it cannot be sent."""
    values = adapter.mapped(operation, item, connector.settings)
    if isinstance(values, Refusal):
        return values
    digest = content_hash(
        values,
        action=action_of(item),
        adapter_version=adapter.manifest.version,
        shop_identity=connector.shop_identity,
    )
    return values, digest


def _one(
    read: ReadItem, operation: Operation, connector: Connector, adapter: Adapter, *, forced: bool
) -> Ready | Outcome:
    if isinstance(read.body, Verdict):
        verdict = read.body
        return Outcome(read.id, verdict.kind, verdict.reason, verdict.message, verdict.field)
    if read.held is not None and read.held.hash is None:
        return _quarantined(read, read.held)
    if read.sent is not None and read.sent.version > read.version:
        return Outcome(read.id, OutcomeKind.SUPERSEDED, ReasonCode.SUPERSEDED, "A newer value was sent meanwhile.")
    try:
        found = mapped_hash(operation, read.body, connector, adapter)
        if isinstance(found, Refusal):
            return Outcome(read.id, OutcomeKind.REJECTED, found.reason, found.message, found.field)
        values, digest = found
        weight = max(1, adapter.weight(operation, read.body))
    except Exception:
        _log.exception("mapping of item %s for %s failed", read.id, connector.platform)
        return Outcome(read.id, OutcomeKind.REJECTED, ReasonCode.INTERNAL, "The item could not be translated.")
    if read.held is not None and read.held.hash == attempt_hash(digest, read.body):
        return _quarantined(read, read.held)
    if not forced and read.sent is not None and read.sent.hash == digest and _stands_at_the_shop(read.body):
        return Outcome(read.id, OutcomeKind.SKIPPED, ReasonCode.UNCHANGED)
    return Ready(read, read.body, values, digest, weight)


def _quarantined(read: ReadItem, held: Held) -> Outcome:
    said = f": {held.message}" if held.message else "."
    message = f"It failed three times in the same way{said}"
    return Outcome(read.id, OutcomeKind.QUARANTINED, ReasonCode.QUARANTINED, message)


def _stands_at_the_shop(item: PushItem) -> bool:
    """Whether everything that the hash speaks of is known to be there, and nothing that left the product still is."""
    if not isinstance(item, ProductItem):
        return True
    if item.listing is None or item.gone:
        return False
    return item.action is not Action.UPSERT or all(variant.listing is not None for variant in item.variants)
