"""One page of a push: read, prepare, look up, submit, and again for what came back open, until nothing more can be done now."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.job import COUNTS_AS, Counted, Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import Atomicity, Idempotency
from pixee_workers.sync_base.behind_files import OpenFiles
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.culprits import Culprits
from pixee_workers.sync_base.hashes import submission_key
from pixee_workers.sync_base.intents import Intents
from pixee_workers.sync_base.look_ups import LookUps, begun, begun_at
from pixee_workers.sync_base.origins import Origin
from pixee_workers.sync_base.outcomes import Outcome, Submission
from pixee_workers.sync_base.preparing import Ready, prepare
from pixee_workers.sync_base.reading_ahead import Ahead
from pixee_workers.sync_base.results import backoff
from pixee_workers.sync_base.splitting import Limits, split
from pixee_workers.sync_base.together import together
from pixee_workers.sync_base.tracks import Track, origin_of, sent_record
from pixee_workers.sync_base.turns import Turn
from pixee_workers.sync_base.unlisted import read_behind_creates
from pixee_workers.sync_base.values import Values

_MOST_UNKNOWNS = 2
_STALE_SECONDS = 2.0


class PagePush:
    """The items of one page. `run` leaves everything in the carriage's tally."""

    def __init__(self, carriage: Carriage, values: Values, intents: Intents, files: OpenFiles) -> None:
        self._carriage = carriage
        self._files = files
        self._values = values
        self._intents = intents
        self._look_ups = LookUps(carriage, intents)
        self._room = carriage.route.room(carriage.operation)
        self._culprits = Culprits(
            self._room, self._submit, self._take, divisible=carriage.capability.atomicity is not Atomicity.PER_ITEM
        )
        self._again: list[Track] = []
        self._read_at = 0.0
        self._forced: set[UUID] = set()

    @property
    def _guards_creates(self) -> bool:
        """Whether a create that is repeated makes a second product."""
        return (
            self._carriage.operation is Operation.PUSH_PRODUCTS
            and self._carriage.capability.idempotency is Idempotency.READ_BEFORE_WRITE
        )

    async def run(self, item_ids: Sequence[UUID], ahead: Ahead | None = None) -> None:
        """Carry the items as far as they go. `ahead`: what was read of them a moment ago."""
        carriage = self._carriage
        tracks = await self._tracks(item_ids, ahead)
        everything = list(tracks)
        while tracks and not carriage.stopped:
            tracks = await self._look_ups.settle(tracks)
            if carriage.chunk.cancelled:
                self._let_go(tracks)
                return
            if not carriage.stopped:
                tracks = await self._send(tracks)
        await self._drop_intents(everything)
        if self._guards_creates:
            await self._look_ups.renew_intents(everything)

    async def ready(self, item_ids: Sequence[UUID]) -> list[Track]:
        """What is to be sent of the items, looked up and with intents where a create could make something twice: for a file.

        What is decided, and what the look-ups left open, stands in the tally.
        """
        tracks = await self._look_ups.settle(await self._tracks(item_ids))
        if not self._carriage.stopped:
            await self._intend(tracks)
        return tracks

    async def _tracks(self, item_ids: Sequence[UUID], ahead: Ahead | None = None) -> list[Track]:
        kind = self._carriage.tally.kind
        self._forced = {item for item in item_ids if kind(item) in {OutcomeKind.UNKNOWN, OutcomeKind.EXISTS}}
        tracks = [self._track(ready) for ready in await self._read(item_ids, ahead)]
        return await self._files.behind(self._carriage, tracks)

    async def _intend(self, tracks: Sequence[Track]) -> None:
        creating = [track for track in tracks if track.ready.creates]
        if creating and self._guards_creates:
            gone = {track.id: track.gone for track in creating if track.gone is not None}
            await self._intents.write(self._carriage.connector, [track.id for track in creating], gone)

    def _let_go(self, tracks: Sequence[Track]) -> None:
        """The job was cancelled: what was found stays linked, and nothing is sent."""
        for track in tracks:
            if self._carriage.tally.kind(track.id) is OutcomeKind.UNKNOWN:  # what the shop has of it stays in doubt
                self._carriage.tally.settle(Origin.of(track.ready.read), Outcome(track.id, OutcomeKind.UNKNOWN))
            there = (
                "The shop does not have it." if track.ready.creates else "The shop has it as an earlier call left it."
            )
            self._carriage.tally.close(track.id, OutcomeKind.CANCELLED, ReasonCode.CANCELLED, f"Cancelled. {there}")

    async def _read(self, item_ids: Sequence[UUID], ahead: Ahead | None = None, *, held: bool = False) -> list[Ready]:
        carriage = self._carriage
        if ahead is not None:
            self._read_at, reads = ahead.at, ahead.reads
        else:
            self._read_at = carriage.wiring.clock.monotonic()
            reads = await self._values.read(carriage.operation, item_ids, carriage.connector, carriage.route.recent)
        if not held:
            reads = await read_behind_creates(carriage, self._values, reads)
        carriage.units = max(carriage.units, sum(max(1, len(read.variant_versions)) for read in reads))
        prepared = prepare(reads, carriage.operation, carriage.connector, carriage.adapter, forced=self._forced)
        for read in reads:
            carriage.tally.know(Origin.of(read))
        for read, outcome in prepared.decided:
            carriage.tally.settle(Origin.of(read), outcome)
        return list(prepared.ready)

    def _track(self, ready: Ready) -> Track:
        track = Track(ready)
        if not ready.creates:
            return track
        carriage = self._carriage
        if self._guards_creates and (ready.read.intended_at is not None or track.id in self._forced):
            begun(track, begun_at(carriage, ready.read))
        elif carriage.capability.look_up_new:
            track.look_up = True
        return track

    async def _send(self, tracks: Sequence[Track]) -> list[Track]:
        """Submit everything once. Returns what is to be looked up or sent again in this carry."""
        await self._intend(tracks)
        by_id = {track.id: track for track in tracks}
        limits = Limits.of(self._carriage.capability, learnt_items=self._room.learnt_items)
        queue = deque(
            [by_id[ready.read.id] for ready in part] for part in split([track.ready for track in tracks], limits)
        )
        self._again = []
        runners = min(len(queue), self._carriage.capability.concurrency)
        async with Turn(self._room.sending) as turn:
            await together([self._work_off(queue, self._room.places, turn) for _ in range(runners)])
        return self._again

    async def _work_off(self, queue: deque[list[Track]], places: asyncio.Semaphore, turn: Turn) -> None:
        while queue and not self._carriage.stopped:
            tracks = queue.popleft()
            if not queue:
                turn.pass_on()
            async with places, self._carriage.route.locks.hold(track.ready.read.product_id for track in tracks):
                if not self._carriage.stopped:
                    fresh = await self._fresh(tracks)
                    if len(queue) <= self._carriage.tail:
                        self._carriage.read_ahead()
                    await self._submit(fresh, 0)

    async def _fresh(self, tracks: list[Track]) -> list[Track]:
        """The same items with the values as they are now, where time has passed or somebody else wrote to their products."""
        carriage = self._carriage
        products = [track.ready.read.product_id for track in tracks]
        old = carriage.wiring.clock.monotonic() - self._read_at > _STALE_SECONDS
        if not old and not carriage.route.locks.touched_since(products, self._read_at):
            return tracks
        read_at = self._read_at
        ready = {one.read.id: one for one in await self._read([track.id for track in tracks], held=True)}
        self._read_at = read_at  # the other submissions of the page were not read again
        kept = [track for track in tracks if track.id in ready]
        for track in kept:
            if track.gone is None:
                track.ready = ready[track.id]
        return kept

    async def _submit(self, tracks: list[Track], rounds: int) -> bool:
        """One submission, and what follows from it. `rounds`, and what is returned: see `culprits.Send`."""
        if not tracks or self._carriage.stopped:
            return False
        carriage = self._carriage
        key = submission_key(carriage.connector.id, carriage.operation.value, [track.key_part for track in tracks])
        started = carriage.wiring.clock.now()
        for track in tracks:
            track.sent = True
        answer = await carriage.ask(
            lambda context: carriage.adapter.submit(
                carriage.operation, [track.ready.mapped for track in tracks], context
            ),
            key,
        )
        if isinstance(answer, PlatformFault):
            return await self._failed(tracks, answer, rounds)
        self._room.went_through(len(tracks))
        outcomes = {outcome.item_id: outcome for outcome in answer.outcomes}
        if len(outcomes) != len(answer.outcomes) or outcomes.keys() != {track.id for track in tracks}:
            message = "The answer does not speak of every item that was sent."
            outcomes = {t.id: Outcome(t.id, OutcomeKind.UNKNOWN, ReasonCode.ANSWER_UNKNOWN, message) for t in tracks}
        self._remember(tracks, answer)
        await self._refuse_doubles(tracks, outcomes)
        for track in tracks:
            if track.ready.creates and track.begun_at is None:
                track.begun_at = started
            self._take(track, outcomes[track.id])
        return False

    async def _refuse_doubles(self, tracks: Sequence[Track], outcomes: dict[UUID, Outcome]) -> None:
        """A write without a listing that met an existing object: it must not be another product's of this connector."""
        met = {
            product.external_id: track.id
            for track in tracks
            if track.ready.creates
            and not outcomes[track.id].created
            and (product := outcomes[track.id].linked.product) is not None
        }
        if not met:
            return
        owners = await self._look_ups.owners(list(met))
        for external_id, item_id in met.items():
            if owners.get(external_id, item_id) != item_id:
                message = f"The shop wrote it to an object that another product is linked to ({external_id})."
                outcomes[item_id] = Outcome(item_id, OutcomeKind.NEEDS_REVIEW, ReasonCode.BELONGS_TO_ANOTHER, message)

    def _take(self, track: Track, outcome: Outcome) -> None:
        carriage = self._carriage
        if COUNTS_AS[outcome.kind] is not Counted.OPEN or outcome.kind is OutcomeKind.ACCEPTED:
            origin = origin_of(track.ready, outcome, carriage.connector, carriage.adapter)
            carriage.tally.settle(origin, outcome)
            return
        carriage.tally.settle(replace(Origin.of(track.ready.read), item=track.ready.item), _noted(outcome))
        if outcome.kind is OutcomeKind.TRANSIENT:
            listing = track.ready.item.listing
            if listing is not None and listing.external_id in outcome.linked.gone and track.vanished():
                self._again.append(track)
            else:
                carriage.tally.wait(outcome.reason or ReasonCode.UNAVAILABLE, backoff(carriage.chunk.attempt))
        elif outcome.kind is OutcomeKind.EXISTS:
            self._exists(track)
        else:
            self._unknown(track)

    def _exists(self, track: Track) -> None:
        track.exists += 1
        if track.exists > 1:
            message = "The shop says that it exists, and does not show it."
            outcome = Outcome(track.id, OutcomeKind.NEEDS_REVIEW, ReasonCode.BELONGS_TO_ANOTHER, message)
            self._carriage.tally.settle(Origin.of(track.ready.read, track.ready.attempt), outcome)
            return
        track.look_up, track.begun_at = True, None
        self._again.append(track)

    def _unknown(self, track: Track) -> None:
        track.unknowns += 1
        carriage = self._carriage
        if track.unknowns > _MOST_UNKNOWNS:
            carriage.tally.wait(ReasonCode.ANSWER_UNKNOWN, backoff(carriage.chunk.attempt))
            return
        if track.ready.creates and self._guards_creates:
            begun(track, carriage.wiring.clock.now())
        self._again.append(track)

    def _remember(self, tracks: Sequence[Track], answer: Submission) -> None:
        carriage = self._carriage
        by_id = {track.id: track.ready for track in tracks}
        for job in answer.remote_jobs:
            known = [item_id for item_id in job.item_ids if item_id in by_id]
            sent = {str(i): sent_record(by_id[i], carriage.connector, carriage.adapter) for i in known}
            carriage.tally.remember(job, sent)

    async def _failed(self, tracks: list[Track], fault: PlatformFault, rounds: int) -> bool:
        """The submission failed as a whole. True: because of what it held."""
        carriage = self._carriage
        narrow = fault.scope in {FaultScope.ITEM, FaultScope.SUBMISSION}
        if fault.kind is FaultKind.TOO_BIG or (fault.kind is FaultKind.REFUSED and narrow):
            await self._culprits.refused(tracks, fault, rounds)
            return True
        if fault.kind is FaultKind.AMBIGUOUS:
            for track in tracks:
                self._take(track, Outcome(track.id, OutcomeKind.UNKNOWN, fault.reason, fault.message))
        elif fault.kind is FaultKind.CONTRACT_BROKEN and carriage.is_broken_for_good():
            for track in tracks:
                track.doubtful = True
                self._take(track, Outcome(track.id, OutcomeKind.REJECTED, fault.reason, fault.message))
        else:
            for track in tracks:
                track.doubtful = fault.kind in {FaultKind.CONTRACT_BROKEN, FaultKind.UNAVAILABLE}
                track.sent = track.doubtful
            carriage.stop_for(fault)
        return False

    async def _drop_intents(self, tracks: Sequence[Track]) -> None:
        """Take back the intents of creates that certainly never happened."""
        if not self._guards_creates:
            return
        tally = self._carriage.tally
        never = [
            track.id
            for track in tracks
            if track.ready.creates
            and track.ready.read.intended_at is None
            and not track.doubtful
            and (
                tally.kind(track.id) in {OutcomeKind.REJECTED, OutcomeKind.NEEDS_REVIEW}
                or (not track.sent and track.begun_at is None)
            )
        ]
        if never:
            await self._intents.drop(self._carriage.connector, never)


def _noted(outcome: Outcome) -> Outcome:
    """An item that the shop says exists is not settled by that: it stays open until it was looked up."""
    if outcome.kind is not OutcomeKind.EXISTS:
        return outcome
    return replace(outcome, linked=replace(outcome.linked, product=None, variants={}))
