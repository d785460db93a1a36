"""What a file that was not taken means for its chunks: wait, unknown, rejected, or a smaller file."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.platforms.manifest import Atomicity, Upload
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.outcomes import Outcome
from pixee_workers.sync_base.results import Tally
from pixee_workers.sync_base.uploads.shipment import Cargo, key_of

_Line = tuple[UUID, Operation]


@dataclass(slots=True)
class Learnt:
    """What this worker has learnt of files, by connector and operation; lost at a hand-over, which costs a call."""

    most: dict[_Line, int] = field(default_factory=dict)
    """Records of a file, where the platform took fewer than its manifest says, or while a bad one is looked for."""
    ceiling: dict[_Line, int] = field(default_factory=dict)
    not_before: dict[_Line, datetime] = field(default_factory=dict)
    """No file leaves earlier: it would only be made in vain."""

    def room(self, line: _Line, upload: Upload) -> int:
        """Records of the next file."""
        return max(1, min(upload.max_items, self.most.get(line, upload.max_items)))

    def refused(self, line: _Line, records: int, *, too_big: bool) -> None:
        """A file of so many records was refused: the next one has half of them."""
        self.most[line] = max(1, records // 2)
        if too_big:
            self.ceiling[line] = self.most[line]

    def passed(self, line: _Line) -> None:
        """A file went through: a search for a bad record widens again."""
        if line in self.most:
            wider = self.most[line] * 2
            ceiling = self.ceiling.get(line)
            self.most[line] = wider if ceiling is None else min(wider, ceiling)


def is_to_halve(cargo: Cargo, fault: PlatformFault, records: int) -> bool:
    """Whether smaller files can tell the bad record from the rest."""
    if records < 2:
        return False
    narrow = fault.scope in {FaultScope.ITEM, FaultScope.SUBMISSION}
    whole = cargo.leader.capability.atomicity is not Atomicity.PER_ITEM
    return fault.kind is FaultKind.TOO_BIG or (fault.kind is FaultKind.REFUSED and narrow and whole)


def judge(cargo: Cargo, fault: PlatformFault) -> None:
    """Writes into every member's tally what the fault means for its items. Halving is decided before."""
    leader = cargo.members[0]
    narrow = fault.scope in {FaultScope.ITEM, FaultScope.SUBMISSION}
    if fault.kind is FaultKind.AMBIGUOUS:
        for carriage in cargo.members:
            _settle(cargo, carriage, OutcomeKind.UNKNOWN, fault)
        _stop(leader, cargo, fault)
    elif fault.kind is FaultKind.TOO_BIG or (fault.kind is FaultKind.REFUSED and narrow) or _for_good(leader, fault):
        for carriage in cargo.members:
            _settle(cargo, carriage, OutcomeKind.REJECTED, fault)
    else:
        _stop(leader, cargo, fault)
        if leader.refused is not None:
            for carriage in cargo.members:
                _settle(cargo, carriage, OutcomeKind.REJECTED, fault)
    for carriage in cargo.members:
        carriage.tally.called = carriage.tally.called or fault.kind is not FaultKind.THROTTLED


def _for_good(leader: Carriage, fault: PlatformFault) -> bool:
    return fault.kind is FaultKind.CONTRACT_BROKEN and leader.is_broken_for_good()


def _stop(leader: Carriage, cargo: Cargo, fault: PlatformFault) -> None:
    """All wait for the same moment, so that they come back as one file."""
    leader.stop_for(fault)
    wait = leader.tally.waiting
    for carriage in cargo.members[1:]:
        if wait is not None:
            carriage.tally.wait_until(wait.reason, wait.until)


def _settle(cargo: Cargo, carriage: Carriage, kind: OutcomeKind, fault: PlatformFault) -> None:
    tally: Tally = carriage.tally
    for item in cargo.items[key_of(carriage.chunk)]:
        tally.settle(tally.origin(item), Outcome(item, kind, fault.reason, fault.message))
