"""Start and stop of a service process: event loop, logs, traces, signals, exit code.

A service is one coroutine that runs until it is told to stop. It must come up while Kafka or PostgreSQL is away (it connects in
the background and says so in its readiness), so nothing here waits for either.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from enum import IntEnum

import uvloop

from pixee_common.service.settings import SettingsInvalid, TelemetrySettings
from pixee_common.telemetry import (
    configure_logging,
    setup_metrics,
    setup_tracing,
    shutdown_metrics,
    shutdown_tracing,
)

__all__ = ["ExitCode", "ServiceBody", "run_service"]

ServiceBody = Callable[[asyncio.Event], Awaitable[None]]

_log = logging.getLogger(__name__)
# What telemetry may take at the end, beyond the time that the body has.
_LAST_SECONDS = 8.0


class ExitCode(IntEnum):
    """What the exit code of a service means."""

    STOPPED = 0
    """Asked to stop (or done), and everything ended in time."""
    CRASHED = 1
    """An error nobody handled; it is in the log."""
    STOP_TOO_SLOW = 3
    """Asked to stop, and cut off after the time given."""
    SETTINGS = 78
    """A setting is missing or cannot be used (EX_CONFIG of sysexits)."""


def run_service(name: str, start: ServiceBody, *, stop_within: float = 30.0) -> int:
    """Run the service and return the exit code for `sys.exit`.

    `start` is handed an event that is set on SIGTERM or SIGINT; it then has `stop_within` seconds to finish what is under way
    and return, after which (or at a second signal) it is cancelled. A process that still does not end is cut off.
    """
    try:
        telemetry = TelemetrySettings.load()
    except SettingsInvalid as error:
        print(f"{name}: {error}", file=sys.stderr)
        return ExitCode.SETTINGS
    configure_logging(name, log_format=telemetry.log_format, level=telemetry.log_level)
    setup_tracing(name, endpoint=telemetry.otlp_endpoint)
    setup_metrics(name, endpoint=telemetry.otlp_endpoint)
    cut = _CutOff()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_supervise(name, start, stop_within, cut))
    finally:
        cut.call_off()


class _CutOff:
    """Ends the process from a thread of its own: a loop that hangs cannot end itself."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def within(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = threading.Timer(seconds, os._exit, [int(ExitCode.STOP_TOO_SLOW)])
            self._timer.daemon = True
            self._timer.start()

    def call_off(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


async def _supervise(name: str, start: ServiceBody, stop_within: float, cut: _CutOff) -> ExitCode:
    stopping = asyncio.Event()
    body = asyncio.ensure_future(start(stopping))
    loop = asyncio.get_running_loop()

    def on_signal(signum: signal.Signals) -> None:
        if stopping.is_set():
            body.cancel()
            return
        _log.info("stopping", extra={"signal": signum.name})
        stopping.set()
        loop.call_later(stop_within, body.cancel)
        cut.within(stop_within + _LAST_SECONDS)

    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, on_signal, signum)
    _log.info("starting", extra={"pid": os.getpid()})
    try:
        await body
        code = ExitCode.STOPPED
    except asyncio.CancelledError:
        _log.error("cut off while stopping")
        code = ExitCode.STOP_TOO_SLOW
    except SettingsInvalid as error:
        _log.critical("unusable settings: %s", error)
        code = ExitCode.SETTINGS
    except Exception:
        _log.critical("crashed", exc_info=True)
        code = ExitCode.CRASHED
    cut.within(_LAST_SECONDS)
    await asyncio.gather(shutdown_tracing(), shutdown_metrics())
    _log.info("stopped", extra={"exit_code": int(code)})
    return code
