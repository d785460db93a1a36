"""Refused credentials stop a connector at once: what one call was told, all calls that have not left yet know too.

Many submissions are under way at a time, each of several calls. Without this they all would knock once more with a key that the shop
has just refused, and shops lock out who does that. The connector's row says it to everybody else a moment later, so what is held
here is held for seconds only; other credentials, or a shop that was seen to answer, are let through at once.
"""

from pixee_common.clock import Clock
from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode

_SECONDS = 5.0


class CredentialsGate:
    """Of one connector, in one worker."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._version = 0
        self._told: tuple[ReasonCode, str] | None = None
        self._until = 0.0

    def refused(self, fault: PlatformFault, version: int) -> None:
        """The shop refused the credentials of this version, for good."""
        self._version, self._told = version, (fault.reason, fault.message)
        self._until = self._clock.monotonic() + _SECONDS

    def check(self, version: int) -> None:
        """Ask right before a call.

        Raises:
            PlatformFault: `credentials`, in the shop's own words, where it has just refused these.
        """
        if self._told is None or version > self._version or self._clock.monotonic() >= self._until:
            return
        raise PlatformFault(FaultKind.CREDENTIALS, FaultScope.CONNECTOR, *self._told)
