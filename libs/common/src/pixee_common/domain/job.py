"""What a job, its chunks and the outcome of an item can be, and how outcomes are counted.

The words and the table of outcomes are those of the architecture page, section 3.
"""

from enum import StrEnum


class Operation(StrEnum):
    PUSH_PRODUCTS = "push_products"
    PULL_PRODUCTS = "pull_products"
    PUSH_STOCK = "push_stock"
    PUSH_PRICES = "push_prices"


class JobState(StrEnum):
    AWAITING_APPROVAL = "awaiting_approval"
    QUEUED = "queued"
    RUNNING = "running"
    AWAITING_VERDICTS = "awaiting_verdicts"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL_JOB_STATES = frozenset({JobState.COMPLETED, JobState.COMPLETED_WITH_ERRORS, JobState.FAILED, JobState.CANCELLED})


class ChunkState(StrEnum):
    PENDING = "pending"
    RUNG = "rung"
    CLAIMED = "claimed"
    SENT = "sent"
    WAITING = "waiting"
    DONE = "done"
    CANCELLED = "cancelled"


ITEMS_PER_CHUNK = 100


class OutcomeKind(StrEnum):
    APPLIED = "applied"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    NEEDS_REVIEW = "needs_review"
    SKIPPED = "skipped"
    SUPERSEDED = "superseded"
    NOT_LISTED_YET = "not_listed_yet"
    TRANSIENT = "transient"
    UNKNOWN = "unknown"
    EXISTS = "exists"
    CANCELLED = "cancelled"


class Counted(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    OPEN = "open"


COUNTS_AS: dict[OutcomeKind, Counted] = {
    OutcomeKind.APPLIED: Counted.SUCCEEDED,
    OutcomeKind.ACCEPTED: Counted.OPEN,
    OutcomeKind.REJECTED: Counted.FAILED,
    OutcomeKind.QUARANTINED: Counted.FAILED,
    OutcomeKind.NEEDS_REVIEW: Counted.FAILED,
    OutcomeKind.SKIPPED: Counted.SKIPPED,
    OutcomeKind.SUPERSEDED: Counted.SKIPPED,
    OutcomeKind.NOT_LISTED_YET: Counted.SKIPPED,
    OutcomeKind.TRANSIENT: Counted.OPEN,
    OutcomeKind.UNKNOWN: Counted.OPEN,
    OutcomeKind.EXISTS: Counted.OPEN,
    OutcomeKind.CANCELLED: Counted.CANCELLED,
}

OUTCOME_LETTERS: dict[OutcomeKind, str] = {
    OutcomeKind.APPLIED: "a",
    OutcomeKind.ACCEPTED: "w",
    OutcomeKind.REJECTED: "r",
    OutcomeKind.QUARANTINED: "q",
    OutcomeKind.NEEDS_REVIEW: "v",
    OutcomeKind.SKIPPED: "s",
    OutcomeKind.SUPERSEDED: "o",
    OutcomeKind.NOT_LISTED_YET: "n",
    OutcomeKind.TRANSIENT: ".",
    OutcomeKind.UNKNOWN: "u",
    OutcomeKind.EXISTS: "e",
    OutcomeKind.CANCELLED: "x",
}
"""A chunk keeps one letter for each of its items, in the order of its items; `.` is an item nothing is known of yet."""

LETTER_OUTCOMES = {letter: kind for kind, letter in OUTCOME_LETTERS.items()}

OPEN_LETTERS = frozenset(letter for kind, letter in OUTCOME_LETTERS.items() if COUNTS_AS[kind] is Counted.OPEN)


def count_letters(letters: str) -> dict[Counted, int]:
    """How many items of a chunk count as what."""
    counts = dict.fromkeys(Counted, 0)
    for letter in letters:
        counts[COUNTS_AS[LETTER_OUTCOMES[letter]]] += 1
    return counts


def final_state(
    *, total: int, succeeded: int, failed: int, skipped: int, cancelled: int, cancel_requested: bool
) -> JobState:
    """The state of a job none of whose items is open.

    Raises:
        ValueError: the counts do not add up to the total.
    """
    if succeeded + failed + skipped + cancelled != total:
        raise ValueError(f"{total} items, but {succeeded} + {failed} + {skipped} + {cancelled} are accounted for")
    if cancel_requested:
        return JobState.CANCELLED
    if failed == 0:
        return JobState.COMPLETED
    return JobState.COMPLETED_WITH_ERRORS if succeeded or skipped else JobState.FAILED
