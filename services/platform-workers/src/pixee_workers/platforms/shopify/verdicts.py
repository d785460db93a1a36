"""From user errors to outcomes, by the tables of `user_errors`. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.shopify.user_errors import OTHER, Step, Verdict
from pixee_workers.sync_base.outcomes import Linked, Outcome

_CONCURRENT_WAIT_SECONDS = 2.0
_LONGEST_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class UserError:
    """One `userErrors` entry with what it means. `path` is the platform's `field`."""

    code: str
    path: tuple[str, ...]
    message: str
    verdict: Verdict

    @property
    def field(self) -> str | None:
        """The catalog's field, else the last named part of the platform's path."""
        named = [part for part in self.path if not part.isdigit()]
        return self.verdict.field or (named[-1] if named else None)

    @property
    def said(self) -> str:
        code = f" ({self.code})" if self.code else ""
        return f"{self.message[:_LONGEST_MESSAGE]}{code}"

    def index(self, after: str) -> int | None:
        """The position that follows the part `after` in the path: which entry of that list is meant."""
        for name, position in zip(self.path, self.path[1:], strict=False):
            if name == after and position.isdigit():
                return int(position)
        return None


def user_errors(
    payload: Mapping[str, Any], table: Mapping[str, Verdict], otherwise: Verdict = OTHER
) -> list[UserError]:
    """The payload's user errors; a mistake of ours is raised.

    Raises:
        PlatformFault: contract broken.
    """
    found = read(payload, table, otherwise)
    for error in found:
        _raise_whole(error)
    return found


def read(payload: Mapping[str, Any], table: Mapping[str, Verdict], otherwise: Verdict = OTHER) -> list[UserError]:
    """The payload's user errors, whatever they mean."""
    found = []
    for one in payload.get("userErrors") or ():
        code = str(one.get("code") or "")
        path = tuple(str(part) for part in one.get("field") or ())
        found.append(UserError(code, path, str(one.get("message", "")), table.get(code, otherwise)))
    return found


def _raise_whole(error: UserError) -> None:
    if error.verdict.step is Step.BROKEN:
        raise PlatformFault(
            FaultKind.CONTRACT_BROKEN, FaultScope.OPERATION, ReasonCode.CONTRACT_BROKEN, f"Shopify says: {error.said}"
        )
    if error.verdict.step is Step.FAULT_WAIT:
        raise PlatformFault(
            FaultKind.THROTTLED,
            FaultScope.SUBMISSION,
            ReasonCode.THROTTLED,
            f"Shopify is still busy with the same request: {error.said}",
            retry_after=_CONCURRENT_WAIT_SECONDS,
        )


def rejected(item_id: UUID, error: UserError, linked: Linked | None = None) -> Outcome:
    """The item fails for what the error says."""
    return Outcome(
        item_id,
        OutcomeKind.REJECTED,
        error.verdict.reason,
        f"Shopify says: {error.said}",
        error.field,
        linked or Linked(),
    )


def again(item_id: UUID, reason: ReasonCode, message: str, linked: Linked | None = None) -> Outcome:
    """The item comes once more."""
    return Outcome(item_id, OutcomeKind.TRANSIENT, reason, message, linked=linked or Linked())


def gone(item_id: UUID, error: UserError, external_ids: Sequence[str]) -> Outcome:
    """The shop does not have it any more; what we knew of it is dropped."""
    return rejected(item_id, error, Linked(gone=tuple(external_ids)))
