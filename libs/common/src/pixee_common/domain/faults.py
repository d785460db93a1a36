"""Faults of a platform call, typed by what to do next (kind) and by how much they touch (scope).

PixeeError                    stable `code`, message safe to show
└── PlatformFault             kind × scope, raised for a submission; refusals of single items are outcomes, never exceptions
"""

from enum import StrEnum
from math import isnan
from uuid import UUID

from pixee_common.domain.reasons import ReasonCode

LONGEST_PAUSE = 86_400.0


class PixeeError(Exception):
    """An error with a stable code and a message that may be shown to the person who caused it."""

    code: str = "internal"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class FaultKind(StrEnum):
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    CREDENTIALS = "credentials"
    REFUSED = "refused"
    TOO_BIG = "too_big"
    CONTRACT_BROKEN = "contract_broken"
    AMBIGUOUS = "ambiguous"


class FaultScope(StrEnum):
    ITEM = "item"
    SUBMISSION = "submission"
    OPERATION = "operation"
    CONNECTOR = "connector"
    PLATFORM = "platform"


class PlatformFault(PixeeError):
    """What went wrong at the platform, as the next action.

    `retry_after` is in seconds from now, as the platform gave it (null: the engine chooses), a day at most: a header may say
    anything, and what is longer is asked again after a day. The message is fit for a merchant
    and holds no secret and no raw document. `guilty`: the items (ids) that the platform itself names as the reason why it
    refused a submission; none where it names nobody.
    """

    code = "platform_fault"

    def __init__(
        self,
        kind: FaultKind,
        scope: FaultScope,
        reason: ReasonCode,
        message: str,
        *,
        retry_after: float | None = None,
        budget: str | None = None,
        guilty: tuple[UUID, ...] = (),
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.scope = scope
        self.reason = reason
        self.retry_after = _sensible(retry_after)
        self.budget = budget
        self.guilty = guilty

    def __repr__(self) -> str:
        return (
            f"PlatformFault({self.kind}, {self.scope}, {self.reason}, {self.message!r}, retry_after={self.retry_after})"
        )


def _sensible(seconds: float | None) -> float | None:
    return None if seconds is None or isnan(seconds) else min(max(seconds, 0.0), LONGEST_PAUSE)
