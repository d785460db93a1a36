"""A chunk whose carrying was cut short by something that passes: the database away for long, a disk that is full.

Nothing of that is its items' fault and nobody can tell what was called before, so the chunk is parked, and whatever was open is
unknown until it was looked up or sent again. It comes back like any chunk that waits, in whatever worker, after a minute at least:
by then most shops show what was written at the last moment.
"""

from datetime import timedelta

from pixee_common.clock import Clock
from pixee_common.domain.job import OUTCOME_LETTERS, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.chunks import ChunkResult, ClaimedChunk, Wait
from pixee_workers.sync_base.results import backoff

_SHORTEST_WAIT = 60.0
_TRANSIENT = OUTCOME_LETTERS[OutcomeKind.TRANSIENT]
_UNKNOWN = OUTCOME_LETTERS[OutcomeKind.UNKNOWN]


def interrupted(chunk: ClaimedChunk, clock: Clock) -> ChunkResult:
    """What the lane writes of it. Each time the wait is longer (`results.backoff`)."""
    until = clock.now() + timedelta(seconds=max(_SHORTEST_WAIT, backoff(chunk.attempt)))
    letters = chunk.letters.replace(_TRANSIENT, _UNKNOWN)
    return ChunkResult(chunk=chunk, letters=letters, wait=Wait(ReasonCode.INTERNAL, until), called=True)
