"""What happened on the wire, as a fault: the one table that decides whether a call may simply be made again."""

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import AnswerTooLarge, EgressRefused, WireError


def fault_of_wire(error: WireError, *, safe: bool) -> tuple[PlatformFault, bool]:
    """The fault, and whether the same call may be made again at once. `safe`: a repetition makes nothing twice."""
    if isinstance(error, EgressRefused):
        return (
            PlatformFault(FaultKind.REFUSED, FaultScope.CONNECTOR, ReasonCode.EGRESS_REFUSED, error.advice),
            False,
        )
    if isinstance(error, AnswerTooLarge):
        return (
            PlatformFault(FaultKind.CONTRACT_BROKEN, FaultScope.SUBMISSION, ReasonCode.CONTRACT_BROKEN, error.message),
            False,
        )
    if not error.possibly_processed:
        return _unavailable("The shop cannot be reached: " + error.message), True
    if safe:
        return _unavailable("The shop did not answer completely: " + error.message), True
    return (
        PlatformFault(
            FaultKind.AMBIGUOUS,
            FaultScope.SUBMISSION,
            ReasonCode.ANSWER_UNKNOWN,
            "The shop's answer was lost: " + error.message,
        ),
        False,
    )


def _unavailable(message: str) -> PlatformFault:
    return PlatformFault(FaultKind.UNAVAILABLE, FaultScope.SUBMISSION, ReasonCode.UNAVAILABLE, message)
