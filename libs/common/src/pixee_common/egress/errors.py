"""What can have happened on the wire, as types: it decides whether a call may simply be made again.

    WireError
    ├── EgressRefused      nothing was sent: the target is not allowed. Ask the merchant (see `advice`).
    ├── ConnectFailed      nothing was sent: DNS, refused, TLS, connect timeout. Safe to repeat.
    ├── AnswerLost         sent, no answer: reset, end of stream, malformed head. Ambiguous: look up before a create is repeated.
    ├── AnswerTruncated    status seen, body incomplete or undecodable. Ambiguous.
    ├── AnswerTooLarge     status seen (or head too large), body over the cap. Ambiguous; repeating will not help.
    └── DeadlineExceeded   ambiguous when `possibly_processed`, else nothing was sent.

Messages name the host, never path, query or headers: those may carry tokens.
"""

from pixee_common.domain.faults import PixeeError

__all__ = [
    "AnswerLost",
    "AnswerTooLarge",
    "AnswerTruncated",
    "ConnectFailed",
    "DeadlineExceeded",
    "EgressRefused",
    "WireError",
]


class WireError(PixeeError):
    """A request without a complete answer. `possibly_processed`: the platform may have acted on it."""

    code = "wire_error"

    def __init__(self, message: str, *, possibly_processed: bool, status: int | None = None) -> None:
        super().__init__(message)
        self.possibly_processed = possibly_processed
        self.status = status


class EgressRefused(WireError):
    """The target may not be called. `reason` is a stable word, `advice` is written for the merchant."""

    code = "egress_refused"

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(f"{reason}: {advice}", possibly_processed=False)
        self.reason = reason
        self.advice = advice


class ConnectFailed(WireError):
    """No connection came about; the platform has seen nothing of the request."""

    code = "connect_failed"

    def __init__(self, message: str) -> None:
        super().__init__(message, possibly_processed=False)


class AnswerLost(WireError):
    """The request left (at least in part) and no usable answer came."""

    code = "answer_lost"

    def __init__(self, message: str) -> None:
        super().__init__(message, possibly_processed=True)


class AnswerTruncated(WireError):
    """The status was seen, the body ended early or could not be decoded."""

    code = "answer_truncated"

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message, possibly_processed=True, status=status)


class AnswerTooLarge(WireError):
    """The answer went over a cap: decompressed body, header count or header size."""

    code = "answer_too_large"

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message, possibly_processed=True, status=status)


class DeadlineExceeded(WireError):
    """The total deadline of the call passed."""

    code = "deadline_exceeded"
