"""From outcomes to the rows that one transaction writes for a chunk."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import JsonValue

from pixee_common.clock import Clock
from pixee_common.domain.ids import new_id
from pixee_common.domain.job import (
    COUNTS_AS,
    LETTER_OUTCOMES,
    OPEN_LETTERS,
    OUTCOME_LETTERS,
    Counted,
    Operation,
    OutcomeKind,
)
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.chunks import (
    ChunkResult,
    ClaimedChunk,
    ConnectorNote,
    IssueRow,
    ListingRow,
    OperationRow,
    PageToCome,
    PulledPageRow,
    RemoteJobRow,
    Wait,
)
from pixee_workers.sync_base.failures import failure_class
from pixee_workers.sync_base.hashes import UNSURE
from pixee_workers.sync_base.items import Action, Listing, ProductItem
from pixee_workers.sync_base.kinds_of_listings import all_listings, kinds_of
from pixee_workers.sync_base.origins import Origin
from pixee_workers.sync_base.outcomes import Notice, Outcome, RemoteJob
from pixee_workers.sync_base.recent_writes import RecentWrites, Sent

LONGEST_PAUSE = 300.0


def backoff(attempt: int) -> float:
    """Seconds before the next attempt: 1, 2, 4 … 300."""
    return min(LONGEST_PAUSE, 2.0 ** min(attempt, 9))


class Tally:
    """Gathers what became of a chunk's items; `result` is what the lane writes."""

    def __init__(self, chunk: ClaimedChunk, recent: RecentWrites, clock: Clock) -> None:
        self.chunk = chunk
        self.called = False
        self.mapping_version = 0
        """Of the connector's mapping and settings, by which the items of this carry are translated."""
        self.page: PulledPageRow | None = None
        self.page_to_come: PageToCome | None = None
        self._recent = recent
        self._clock = clock
        self._kinds = dict(zip(chunk.item_ids, (LETTER_OUTCOMES[letter] for letter in chunk.letters), strict=True))
        self._known: dict[UUID, Origin] = {}
        self._wait: Wait | None = None
        self._listings: dict[UUID, ListingRow] = {}
        self._gone: dict[tuple[str, str], None] = {}
        self._operations: dict[tuple[UUID, Operation], OperationRow] = {}
        self._issues: dict[UUID, IssueRow] = {}
        self._remote_jobs: list[RemoteJobRow] = []
        self._remote_done: list[UUID] = []
        self._remote_late: list[UUID] = []
        self._remote_again: list[tuple[UUID, datetime]] = []
        self._note: ConnectorNote | None = None

    def kind(self, item_id: UUID) -> OutcomeKind:
        """What is known of an item so far."""
        return self._kinds[item_id]

    def settle(self, origin: Origin, outcome: Outcome) -> None:
        """Record an outcome, open ones included, with everything that was learnt with it."""
        self._kinds[origin.item_id] = outcome.kind
        self._link(origin, outcome)
        if outcome.kind is OutcomeKind.APPLIED:
            self._applied(origin, outcome)
        elif outcome.kind is OutcomeKind.UNKNOWN:
            self._sent(self._row(origin, UNSURE))
        elif outcome.reason is ReasonCode.UNCHANGED:
            self._unchanged(origin)
        elif COUNTS_AS[outcome.kind] is Counted.FAILED and outcome.kind is not OutcomeKind.QUARANTINED:
            self._operations[origin.item_id, self.chunk.operation] = self._failure(origin, outcome)
        self._report(origin, outcome)

    def _failure(self, origin: Origin, outcome: Outcome) -> OperationRow:
        reason = outcome.reason or ReasonCode.INTERNAL
        counted = None if origin.attempt is None else failure_class(reason, outcome.message)
        row = self._row(origin, None)
        return replace(
            row,
            failure=reason,
            failure_class=counted,
            failure_hash=origin.attempt,
            failure_message=outcome.message,
        )

    def _row(self, origin: Origin, digest: bytes | None) -> OperationRow:
        mapping = self.mapping_version if origin.mapping_version is None else origin.mapping_version
        return OperationRow(origin.item_id, self.chunk.operation, digest, origin.version, mapping_version=mapping)

    def _unchanged(self, origin: Origin) -> None:
        """The shop has what would be sent: noted, so that nobody goes through it again for this version or this mapping."""
        sent = origin.sent
        if sent is not None and (sent.version < origin.version or sent.mapping_version < self.mapping_version):
            self._sent(replace(self._row(origin, sent.hash), unchanged=True))

    def counted_elsewhere(self, item_id: UUID) -> None:
        """The item's failure is one that another chunk of the same file has told already: it must not count twice."""
        self._operations.pop((item_id, self.chunk.operation), None)

    def doubt(self, item_ids: Collection[UUID] | None = None) -> None:
        """A worker died over these (null: all): nobody knows what the shop has of the open ones, until each was sent or looked up."""
        for item_id, kind in self._kinds.items():
            if kind is OutcomeKind.TRANSIENT and (item_ids is None or item_id in item_ids):
                self._kinds[item_id] = OutcomeKind.UNKNOWN

    def keep(self, item_ids: Collection[UUID]) -> None:
        """The platform has these, and nobody could write it down: they wait for its verdict."""
        for item_id in item_ids:
            if OUTCOME_LETTERS[self._kinds[item_id]] in OPEN_LETTERS:
                self._kinds[item_id] = OutcomeKind.ACCEPTED

    def know(self, origin: Origin) -> None:
        """What an item is called, for outcomes that come over it together with others."""
        self._known[origin.item_id] = origin

    def close(self, item_id: UUID, kind: OutcomeKind, reason: ReasonCode, message: str) -> None:
        """Give an item a final outcome that says nothing of what was sent."""
        self.settle(self.origin(item_id), Outcome(item_id, kind, reason, message))

    def origin(self, item_id: UUID) -> Origin:
        """What is known of an item; its id alone where it was not read."""
        return self._known.get(item_id) or Origin(item_id, item_id, None, 0)

    def wait(self, reason: ReasonCode, seconds: float) -> None:
        """The open items come again no earlier than in that many seconds; the longest wait counts."""
        self.wait_until(reason, self._clock.now() + timedelta(seconds=seconds))

    def wait_until(self, reason: ReasonCode, until: datetime) -> None:
        """The open items come again no earlier than that; the longest wait counts."""
        if self._wait is None or until > self._wait.until:
            self._wait = Wait(reason, until)

    @property
    def waiting(self) -> Wait | None:
        """The longest wait so far."""
        return self._wait

    def accept(self, item_id: UUID) -> None:
        """The platform has it and will give its verdict later."""
        self.settle(self.origin(item_id), Outcome(item_id, OutcomeKind.ACCEPTED))

    def note(self, note: ConnectorNote) -> None:
        """Something learnt of the connector; a later note adds to an earlier one."""
        old = self._note or ConnectorNote()
        self._note = ConnectorNote(
            note.status or old.status,
            note.last_error or old.last_error,
            note.currency or old.currency,
            old.credentials_version if note.credentials_version is None else note.credentials_version,
        )

    def remember(self, job: RemoteJob, sent: Mapping[str, Mapping[str, JsonValue]]) -> None:
        """Keep a remote job, with what was sent by it, so that any worker may poll it."""
        now = self._clock.now()
        self._remote_jobs.append(
            RemoteJobRow(
                id=new_id(),
                kind=job.kind,
                remote_id=job.remote_id,
                item_ids=job.item_ids,
                correlation={
                    "adapter": dict(job.correlation),
                    "sent": {item: dict(record) for item, record in sent.items()},
                },
                next_poll_at=now + timedelta(seconds=job.poll_in_seconds),
                deadline_at=now + timedelta(seconds=job.deadline_seconds),
            )
        )

    def polled(self, remote_id: UUID, *, again_in: float | None, overdue: bool = False) -> None:
        """A remote job was asked: done, or to be asked again in so many seconds; one that is overdue is asked for on (`late_calls`)."""
        if overdue:
            self._remote_late.append(remote_id)
        elif again_in is None:
            self._remote_done.append(remote_id)
        else:
            self._remote_again.append((remote_id, self._clock.now() + timedelta(seconds=again_in)))

    def open_ids(self) -> list[UUID]:
        """Items without a final outcome."""
        return [item for item, kind in self._kinds.items() if OUTCOME_LETTERS[kind] in OPEN_LETTERS]

    def result(self, *, polls_due: Sequence[datetime] = ()) -> ChunkResult:
        """What the lane writes. `polls_due`: when remote jobs that were not touched are to be asked."""
        letters = "".join(OUTCOME_LETTERS[self._kinds[item]] for item in self.chunk.item_ids)
        still_open = any(letter in OPEN_LETTERS for letter in letters)
        return ChunkResult(
            chunk=self.chunk,
            letters=letters,
            wait=self._final_wait(polls_due) if still_open or (not letters and self.page is None) else None,
            called=self.called,
            listings=tuple(self._listings.values()),
            gone=tuple(self._gone),
            operations=tuple(self._operations.values()),
            issues=tuple(self._issues.values()),
            remote_jobs=tuple(self._remote_jobs),
            remote_done=tuple(self._remote_done),
            remote_late=tuple(self._remote_late),
            remote_again=tuple(self._remote_again),
            page=self.page,
            page_to_come=self.page_to_come,
            connector=self._note,
        )

    def _final_wait(self, polls_due: Sequence[datetime]) -> Wait | None:
        only_accepted = all(
            kind is OutcomeKind.ACCEPTED for kind in self._kinds.values() if COUNTS_AS[kind] is Counted.OPEN
        )
        polls = [*polls_due, *(at for _, at in self._remote_again), *(j.next_poll_at for j in self._remote_jobs)]
        if only_accepted and polls:
            return Wait(ReasonCode.REMOTE_PENDING, min(polls))
        if self._wait is None and (self._kinds or self.page is None):
            self.wait(ReasonCode.UNAVAILABLE, backoff(self.chunk.attempt))
        return self._wait

    def _link(self, origin: Origin, outcome: Outcome) -> None:
        connector = self.chunk.connector_id
        for external_id in outcome.linked.gone:
            self._recent.gone(connector, external_id)
            self._gone.update(dict.fromkeys((kind, external_id) for kind in kinds_of(origin.item, external_id)))
        links: list[tuple[UUID, str, Listing]] = [
            (variant_id, "variant", listing) for variant_id, listing in outcome.linked.variants.items()
        ]
        if outcome.linked.product is not None:
            links.append((origin.product_id, "product", outcome.linked.product))
        for item_id, kind, listing in links:
            self._recent.linked(connector, item_id, listing, kind)
            self._gone.pop((kind, listing.external_id), None)
            self._listings[item_id] = ListingRow(
                item_id, kind, origin.product_id, listing.external_id, listing.parent_external_id, listing.refs
            )

    def _applied(self, origin: Origin, outcome: Outcome) -> None:
        item = origin.item
        if isinstance(item, ProductItem) and item.action is Action.DELETE:
            for kind, listing in all_listings(item):
                self._gone[kind, listing.external_id] = None
                self._recent.gone(self.chunk.connector_id, listing.external_id)
        if origin.hash is not None:
            self._sent(self._row(origin, origin.hash))
        for row in (
            *(origin.carried_stock if outcome.carried_stock else ()),
            *(origin.carried_prices if outcome.carried_price else ()),
        ):
            self._sent(row)

    def _sent(self, row: OperationRow) -> None:
        self._operations[row.item_id, row.operation] = row
        if row.hash is not None:
            sent = Sent(row.hash, row.catalog_version, row.mapping_version)
            self._recent.sent(self.chunk.connector_id, row.item_id, row.operation, sent)

    def _report(self, origin: Origin, outcome: Outcome) -> None:
        self._issues.pop(origin.item_id, None)
        counted = COUNTS_AS[outcome.kind]
        row = IssueRow(
            item_id=origin.item_id,
            product_id=origin.product_id,
            sku=origin.sku,
            outcome=outcome.kind,
            reason=outcome.reason or ReasonCode.INTERNAL,
            message=outcome.message,
            field=outcome.field,
            candidates=outcome.candidates,
        )
        if counted is Counted.FAILED or (counted is Counted.SKIPPED and outcome.reason is not ReasonCode.UNCHANGED):
            self._issues[origin.item_id] = row
            return
        warnings = (*outcome.warnings, *_shared_ean(origin))
        if outcome.kind in {OutcomeKind.APPLIED, OutcomeKind.ACCEPTED} and warnings:
            self._issues[origin.item_id] = replace(
                row,
                reason=warnings[0].reason,
                message=" ".join(dict.fromkeys(warning.message for warning in warnings)),
                field=warnings[0].field,
                warning=True,
            )

    def candidates(self, item_id: UUID, external_ids: tuple[str, ...]) -> None:
        """Objects of the shop among which a person has to choose."""
        self._issues[item_id] = replace(self._issues[item_id], candidates=external_ids)


def _shared_ean(origin: Origin) -> tuple[Notice, ...]:
    if not origin.shared_eans:
        return ()
    message = f"The EAN {', '.join(origin.shared_eans)} belongs to another product of the catalog too."
    return (Notice(ReasonCode.EAN_SHARED, message, "ean"),)
