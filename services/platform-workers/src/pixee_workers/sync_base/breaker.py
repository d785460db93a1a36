"""Holds calls back where they fail in a row: at one shop that is away, and at a whole platform whose answers nobody understands.

The second protects from ourselves: an adapter broken by a change at the platform parks its chunks and wakes an engineer instead
of failing a million items.
"""

import logging

from pixee_common.clock import Clock
from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.ids import RouteKey
from pixee_common.domain.reasons import ReasonCode
from pixee_common.telemetry import record

_log = logging.getLogger(__name__)

_FAILURES = 5
_FIRST_PAUSE = 10.0
_LONGEST_PAUSE = 300.0
_PLATFORM_FAILURES = 6
_PLATFORM_ROUTES = 3


class Breaker:
    """Closed until failures come in a row; then open for a while; then one call is let through to see."""

    def __init__(self, clock: Clock, *, failures: int = _FAILURES) -> None:
        self._clock = clock
        self._limit = failures
        self._failures = 0
        self._pause = _FIRST_PAUSE
        self._open_until: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        return self._open_until is not None

    def remaining(self) -> float:
        """Seconds until a call may be tried; zero: now."""
        if self._open_until is None:
            return 0.0
        left = self._open_until - self._clock.monotonic()
        return 1.0 if left <= 0 and self._probing else max(0.0, left)

    def enter(self) -> None:
        """Ask before a call.

        Raises:
            PlatformFault: `unavailable` with the time that is left, while it is open or while another call tries.
        """
        left = self.remaining()
        if left > 0:
            raise PlatformFault(
                FaultKind.UNAVAILABLE,
                FaultScope.CONNECTOR,
                ReasonCode.BREAKER_OPEN,
                "Calls are held back after many failures in a row.",
                retry_after=left,
            )
        self._probing = self._open_until is not None

    def succeeded(self) -> None:
        """An answer came that was understood."""
        self._failures, self._pause, self._open_until, self._probing = 0, _FIRST_PAUSE, None, False

    def failed(self) -> bool:
        """A call failed in the way this breaker watches; true where it has just opened."""
        self._failures += 1
        if self._open_until is None and self._failures < self._limit:
            return False
        if self._open_until is not None and not self._probing:
            return False
        self._open_until = self._clock.monotonic() + self._pause
        self._pause = min(_LONGEST_PAUSE, self._pause * 2)
        self._probing = False
        return True

    def abandoned(self) -> None:
        """The call ended without telling anything (cancelled, the worker is lost): the next one may try."""
        self._probing = False


class PlatformBreaker:
    """Opens when answers that break the contract come in a row from several routes of one platform."""

    def __init__(self, platform: str, clock: Clock) -> None:
        self._platform = platform
        self._breaker = Breaker(clock, failures=1)
        self._routes: dict[RouteKey, int] = {}

    def enter(self) -> None:
        """Raises PlatformFault as `Breaker.enter` does."""
        self._breaker.enter()

    def remaining(self) -> float:
        return self._breaker.remaining()

    def succeeded(self) -> None:
        if self._routes or self._breaker.is_open:
            self._routes.clear()
            self._breaker.succeeded()
            record("pixee_breaker_open", 0, platform=self._platform, scope="platform")

    def abandoned(self) -> None:
        self._breaker.abandoned()

    def broken(self, route_key: RouteKey) -> None:
        """An answer of this route broke the contract."""
        self._routes[route_key] = self._routes.get(route_key, 0) + 1
        if len(self._routes) < _PLATFORM_ROUTES or sum(self._routes.values()) < _PLATFORM_FAILURES:
            self._breaker.abandoned()
            return
        if self._breaker.failed():
            record("pixee_breaker_open", 1, platform=self._platform, scope="platform")
            _log.critical(
                "platform %s: answers that nobody understands on %d routes in a row; its chunks are parked",
                self._platform,
                len(self._routes),
            )
