"""Whom the current task works for, so that every log line tells it without being handed it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

__all__ = ["current_log_context", "log_context"]

_NOTHING: Mapping[str, str] = MappingProxyType({})
_context: ContextVar[Mapping[str, str]] = ContextVar("pixee_log_context", default=_NOTHING)


@contextmanager
def log_context(
    *,
    account: object = None,
    connector: object = None,
    job: object = None,
    route: object = None,
    platform: object = None,
) -> Iterator[None]:
    """Add these to every log line written inside, in this task and in tasks started from it. None leaves a field as it is."""
    given = {"account": account, "connector": connector, "job": job, "route": route, "platform": platform}
    token = _context.set({**_context.get(), **{name: str(value) for name, value in given.items() if value is not None}})
    try:
        yield
    finally:
        _context.reset(token)


def current_log_context() -> Mapping[str, str]:
    """Return the fields of the current task."""
    return _context.get()
