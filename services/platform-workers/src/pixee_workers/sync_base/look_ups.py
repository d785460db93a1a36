"""Asks the shop what it has before a create is sent that may have happened already, or that may meet an object there."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.job import COUNTS_AS, OUTCOME_LETTERS, Counted, Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.assembling import ReadItem
from pixee_workers.sync_base.budget_periods import LONGEST_WAIT
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.intents import Intents
from pixee_workers.sync_base.items import ProductItem
from pixee_workers.sync_base.origins import Origin
from pixee_workers.sync_base.outcomes import Found, Linked, Outcome
from pixee_workers.sync_base.together import together
from pixee_workers.sync_base.tracks import Track

_AT_ONCE = 50
_NOT_LOOKED_AT = OUTCOME_LETTERS[OutcomeKind.TRANSIENT]


class LookUps:
    """The look-ups of one carry."""

    def __init__(self, carriage: Carriage, intents: Intents) -> None:
        self._carriage = carriage
        self._intents = intents
        self._linking = asyncio.Lock()
        """Held from reading the owners of what was found to linking it: two answers must not link one object twice."""

    async def settle(self, tracks: Sequence[Track]) -> list[Track]:
        """Look up those that need it. Returns what may be sent now: as an update where the shop has it, else as it was."""
        asked = [track for track in tracks if track.look_up]
        groups = [asked[start : start + _AT_ONCE] for start in range(0, len(asked), _AT_ONCE)]
        await together([self._ask(group, last=False) for group in groups])
        again = [track for track in asked if track.look_up and self._is_open(track) and not self._carriage.stopped]
        if again:
            await self._wait_and_ask(again)
        return [track for track in tracks if self._is_open(track) and not track.look_up]

    async def renew_intents(self, tracks: Sequence[Track]) -> None:
        """Note of creates that stay in doubt that they may have been made until now: absence is a proof only some time after that."""
        doubtful = [track.id for track in tracks if self._is_open(track) and _is_newer_than_its_intent(track)]
        if doubtful:
            await self._intents.write(self._carriage.connector, doubtful, {})

    def _is_open(self, track: Track) -> bool:
        return COUNTS_AS[self._carriage.tally.kind(track.id)] is Counted.OPEN

    async def _wait_and_ask(self, tracks: Sequence[Track]) -> None:
        """Nothing was found, and it is too early to believe it: a short while in the lane, a long one in the chunk's row."""
        longest = max(self._unsettled(track) for track in tracks)
        if longest <= LONGEST_WAIT:
            await self._carriage.wiring.clock.sleep(longest)
            await self._ask(tracks, last=True)
            return
        self._carriage.tally.wait(ReasonCode.ANSWER_UNKNOWN, longest)
        for track in tracks:
            self._leave_unknown(track, "The shop may need a while to show what was just written.")

    def _unsettled(self, track: Track) -> float:
        """Seconds until absence is a proof."""
        if track.begun_at is None:
            return 0.0
        age = (self._carriage.wiring.clock.now() - track.begun_at).total_seconds()
        return max(0.0, self._carriage.capability.settle_seconds - age)

    async def _ask(self, tracks: Sequence[Track], *, last: bool) -> None:
        if self._carriage.stopped:
            return
        items = [track.ready.item for track in tracks if isinstance(track.ready.item, ProductItem)]
        early = {track.id for track in tracks if not last and self._unsettled(track) > 0}
        async with self._carriage.place():
            answer = await self._carriage.ask(
                lambda context: self._carriage.adapter.find(Operation.PUSH_PRODUCTS, items, context),
                self._carriage.key("find"),
            )
        if isinstance(answer, PlatformFault):
            await self._failed(tracks, answer, last=last)
            return
        async with self._linking:
            await self._link(tracks, answer, early)

    async def _link(self, tracks: Sequence[Track], answer: Mapping[UUID, Found | None], early: set[UUID]) -> None:
        taken = await self._taken(tracks, answer)
        for track in tracks:
            if track.id not in answer:
                self._carriage.tally.wait(ReasonCode.ANSWER_UNKNOWN, 60.0)
                self._leave_unknown(track, "The shop did not say whether it has the product.")
            elif (found := answer[track.id]) is None:
                track.look_up = track.id in early
            else:
                self._meet(track, found, taken)

    async def _failed(self, tracks: Sequence[Track], fault: PlatformFault, *, last: bool) -> None:
        """The question itself failed: the items can be told apart only where they are the cause."""
        carriage = self._carriage
        if fault.kind is FaultKind.TOO_BIG and len(tracks) > 1:
            middle = len(tracks) // 2
            await self._ask(tracks[:middle], last=last)
            await self._ask(tracks[middle:], last=last)
            return
        narrow = fault.scope in {FaultScope.ITEM, FaultScope.SUBMISSION}
        for_good = fault.kind is FaultKind.CONTRACT_BROKEN and carriage.is_broken_for_good()
        if not for_good and not (narrow and fault.kind in {FaultKind.REFUSED, FaultKind.TOO_BIG}):
            carriage.stop_for(fault)
            return
        for track in tracks:
            track.doubtful = True
            outcome = Outcome(track.id, OutcomeKind.REJECTED, fault.reason, fault.message)
            carriage.tally.settle(Origin.of(track.ready.read, track.ready.attempt), outcome)

    async def _taken(self, tracks: Sequence[Track], answer: Mapping[UUID, Found | None]) -> dict[str, UUID]:
        """To which of our products the objects found are linked already."""
        ids = [found.linked.product.external_id for found in answer.values() if found and found.linked.product]
        return await self.owners(ids) if ids else {}

    async def owners(self, ids: Sequence[str]) -> dict[str, UUID]:
        """To which of our products these objects of the shop are linked, also where the database does not show it yet."""
        connector = self._carriage.connector
        owners = await self._intents.owners(connector, ids)
        for external_id in ids:
            owner = self._carriage.route.recent.owner(connector.id, external_id)
            if owner is not None:
                owners[external_id] = owner
        return owners

    def _meet(self, track: Track, found: Found, taken: dict[str, UUID]) -> None:
        if len(found.candidates) > 1:
            self._review(
                track, ReasonCode.EAN_AMBIGUOUS, "Several objects of the shop fit this product.", found.candidates
            )
            return
        product = found.linked.product
        owner = taken.get(product.external_id) if product else None
        if not found.ours or product is None or (owner is not None and owner != track.id):
            candidates = found.candidates or ((product.external_id,) if product else ())
            message = "The shop's object belongs to another product."
            self._review(track, ReasonCode.BELONGS_TO_ANOTHER, message, candidates)
            return
        taken[product.external_id] = track.id
        self._adopt(track, found.linked)

    def _adopt(self, track: Track, linked: Linked) -> None:
        read = track.ready.read
        kind = self._carriage.tally.kind(track.id)
        # The link stands from now on, whatever becomes of the update; the outcome stays as open as it was.
        self._carriage.tally.settle(Origin.of(read), Outcome(track.id, _still_open(kind), linked=linked))
        track.linked(linked)

    def _review(self, track: Track, reason: ReasonCode, message: str, candidates: tuple[str, ...]) -> None:
        outcome = Outcome(track.id, OutcomeKind.NEEDS_REVIEW, reason, message)
        self._carriage.tally.settle(Origin.of(track.ready.read, track.ready.attempt), outcome)
        self._carriage.tally.candidates(track.id, candidates)

    def _leave_unknown(self, track: Track, message: str) -> None:
        outcome = Outcome(track.id, OutcomeKind.UNKNOWN, ReasonCode.ANSWER_UNKNOWN, message)
        self._carriage.tally.settle(Origin.of(track.ready.read), outcome)


def begun_at(carriage: Carriage, read: ReadItem) -> datetime:
    """When a create may last have been made of an item that has an intent, or of whose create nobody knows.

    The intent was written for a whole page, and a worker may have died over that page's last call much later. So where it is
    looked at for the first time since then, that call may have been made just now.
    """
    now, chunk = carriage.wiring.clock.now(), carriage.chunk
    if read.intended_at is None or (chunk.look_up and chunk.letters[chunk.item_ids.index(read.id)] == _NOT_LOOKED_AT):
        return now
    return read.intended_at


def begun(track: Track, at: datetime) -> None:
    """A create of it may or may not have happened at this moment: it is looked up before anything is sent."""
    track.begun_at, track.look_up = at, True


def _is_newer_than_its_intent(track: Track) -> bool:
    if not track.ready.creates:
        return False
    intended = track.ready.read.intended_at
    return track.sent or (track.begun_at is not None and (intended is None or track.begun_at > intended))


def _still_open(kind: OutcomeKind) -> OutcomeKind:
    return OutcomeKind.UNKNOWN if kind is OutcomeKind.UNKNOWN else OutcomeKind.TRANSIENT
