"""Gathers chunks into a file: what of each is decided at zero calls, what goes into the file, and what stays for the next.

Memory is flat: values are read a page at a time and leave it as records on disk. Of an item only its number in the file, its hash
and its version are kept, because a later chunk may hold it again: it is then written once and its outcome goes to each, unless
its value has changed meanwhile, when the later chunk's item waits for the file's end.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.origins import Origin
from pixee_workers.sync_base.outcomes import Outcome
from pixee_workers.sync_base.pushing import PagePush
from pixee_workers.sync_base.tracks import Track, sent_record
from pixee_workers.sync_base.upload_contract import Uploader
from pixee_workers.sync_base.uploads.completing import completed, kept_record
from pixee_workers.sync_base.uploads.filing import FileInMaking, Mark
from pixee_workers.sync_base.uploads.rows import Member
from pixee_workers.sync_base.values import Values

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Placed:
    """An item in the file."""

    ref: int
    hash: bytes
    version: int


@dataclass(slots=True)
class Load:
    """What one chunk has in the file: nothing, where all of it was decided."""

    carriage: Carriage
    refs: dict[str, int] = field(default_factory=dict)
    sent: dict[str, dict[str, JsonValue]] = field(default_factory=dict)
    whole: bool = True
    """False: the file is full, and a part of the chunk stays."""

    def member(self) -> Member:
        """As the rows keep it."""
        return Member(self.carriage.chunk, self.sent, self.refs)


class Loader:
    """Puts chunks into one file."""

    def __init__(
        self, file: FileInMaking, adapter: Uploader, values: Values, push: Callable[[Carriage], PagePush]
    ) -> None:
        self._file = file
        self._adapter = adapter
        self._values = values
        self._push = push
        self._placed: dict[UUID, Placed] = {}

    async def load(self, carriage: Carriage, busy: Mapping[UUID, datetime]) -> Load | None:
        """The chunk's part in the file; null where it does not fit any more, and nothing of it was put there.

        `busy`: items that an open file holds, with the moment when that is asked for; they wait.
        """
        begun = self._file.mark
        load = Load(carriage)
        if carriage.chunk.look_up:
            carriage.tally.doubt()
        wanted = sendable(carriage)
        for item_id in wanted:
            if item_id in busy:
                carriage.tally.wait_until(ReasonCode.REMOTE_PENDING, busy[item_id])
        for page in await self._values.pages(carriage.operation, [item for item in wanted if item not in busy]):
            tracks = await completed(carriage, await self._push(carriage).ready(page))
            if carriage.stopped:
                self._take_back(load, begun)
                return load
            if self._put(load, tracks):
                continue
            if begun.records == 0 and load.refs:
                load.whole = False
                carriage.tally.wait(ReasonCode.REMOTE_PENDING, 0.0)
                return load
            self._take_back(load, begun)
            return None
        return load

    def _put(self, load: Load, tracks: Sequence[Track]) -> bool:
        """False: the file is full before the last of them."""
        carriage = load.carriage
        for track in tracks:
            known = self._placed.get(track.id)
            if known is not None:
                if (known.hash, known.version) == (track.ready.hash, track.ready.read.version):
                    self._note(load, track, known.ref)
                else:
                    carriage.tally.wait(ReasonCode.REMOTE_PENDING, 0.0)
                continue
            record = self._record(load, track)
            if record is None:
                continue
            if not self._file.fits(record, track.ready.weight):
                return False
            self._file.put(record, track.ready.weight)
            self._placed[track.id] = Placed(self._file.records, track.ready.hash, track.ready.read.version)
            self._note(load, track, self._file.records)
        return True

    def _note(self, load: Load, track: Track, ref: int) -> None:
        load.refs[str(track.id)] = ref
        sent = sent_record(track.ready, load.carriage.connector, load.carriage.adapter)
        load.sent[str(track.id)] = sent | kept_record(load.carriage, track)

    def _record(self, load: Load, track: Track) -> bytes | None:
        carriage = load.carriage
        ref = self._file.records + 1
        settings = carriage.connector.settings
        try:
            record = self._adapter.record(carriage.operation, track.ready.mapped, ref, settings)
        except Exception:
            _log.exception("the record of item %s for %s failed", track.id, carriage.chunk.platform)
            _reject(carriage, track, ReasonCode.INTERNAL, "The item could not be written into a file.")
            return None
        if not self._file.could_hold(record):
            _reject(carriage, track, ReasonCode.TOO_BIG, "The item alone is larger than a file may be.")
            return None
        return record

    def _take_back(self, load: Load, begun: Mark) -> None:
        """The chunk has nothing in the file after all; what an earlier chunk put there stays."""
        for item in map(UUID, load.refs):
            if self._placed[item].ref > begun.records:
                del self._placed[item]
        load.refs, load.sent = {}, {}
        self._file.back(begun)


def sendable(carriage: Carriage) -> list[UUID]:
    """Open items that wait for no verdict."""
    tally = carriage.tally
    return [item for item in tally.open_ids() if tally.kind(item) is not OutcomeKind.ACCEPTED]


def _reject(carriage: Carriage, track: Track, reason: ReasonCode, message: str) -> None:
    outcome = Outcome(track.id, OutcomeKind.REJECTED, reason, message)
    carriage.tally.settle(Origin.of(track.ready.read), outcome)
