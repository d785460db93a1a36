"""Structured logs on standard output: one JSON object a line, or a line for people (PIXEE_LOG_FORMAT=text).

Redaction happens in the formatter, the last place before text leaves, so that no handler, library or traceback gets around it.
"""

import json
import logging
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

import orjson

from pixee_common.telemetry.context import current_log_context
from pixee_common.telemetry.redaction import redact, redact_fields
from pixee_common.telemetry.tracing import current_span_id, current_trace_id

__all__ = ["JsonFormatter", "RepeatLimit", "TextFormatter", "configure_logging"]

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
# These repeat the same line many times a second while a broker, database or collector is away.
NOISY_LOGGERS = ("aiokafka", "faststream", "opentelemetry", "sqlalchemy", "asyncio")


def configure_logging(
    service: str,
    *,
    log_format: Literal["json", "text"] = "json",
    level: str = "INFO",
    stream: TextIO | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Make the root logger write to standard output, and every library's logger go through it."""
    handler = _Handler(stream or sys.stdout)
    handler.setFormatter(TextFormatter(service) if log_format == "text" else JsonFormatter(service))
    handler.addFilter(RepeatLimit(NOISY_LOGGERS, monotonic=monotonic))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # What libraries tell of their daily life (a group that rebalances, a server that starts) is noise at INFO.
    for name in ("uvicorn.access", "uvicorn.error", *NOISY_LOGGERS):
        logging.getLogger(name).setLevel(logging.WARNING if root.level == logging.INFO else logging.NOTSET)
    logging.captureWarnings(True)


class JsonFormatter(logging.Formatter):
    """time, level, service, logger, message, trace and log context, extra fields, error."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": _message(record),
            **_context_fields(),
            **_extra_fields(record),
        }
        error = _error_text(record)
        if error:
            line["error"] = error
        try:
            return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
        except orjson.JSONEncodeError:  # a lone surrogate, as a shop's answer may hold
            return json.dumps(line, default=str)


class TextFormatter(logging.Formatter):
    """The same for people: `08:14:51.123 INFO service logger message key=value`, tracebacks below."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        fields = {**_context_fields(), **_extra_fields(record)}
        tail = "".join(f" {name}={value}" for name, value in fields.items())
        line = f"{moment} {record.levelname} {self._service} {record.name} {_message(record)}{tail}"
        error = _error_text(record)
        return (f"{line}\n{error}" if error else line).encode("utf-8", "backslashreplace").decode()


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """The library's own would print template and arguments, secrets included, to standard error."""
        error = sys.exc_info()[0]
        print(f"a line of {record.name} could not be logged: {error.__name__ if error else '?'}", file=sys.stderr)


class RepeatLimit(logging.Filter):
    """Lets each line of a noisy logger through a few times a minute; the next one that passes tells how many were left out.

    A line is its logger, level and template. Other loggers are untouched.
    """

    def __init__(
        self,
        prefixes: tuple[str, ...],
        *,
        limit: int = 5,
        period: float = 60.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._prefixes = prefixes
        self._limit = limit
        self._period = period
        self._monotonic = monotonic
        self._seen: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not any(record.name == prefix or record.name.startswith(f"{prefix}.") for prefix in self._prefixes):
            return True
        now, key = self._monotonic(), (record.name, record.levelno, str(record.msg)[:200])
        began, count = self._seen.get(key, (now, 0))
        if now - began >= self._period:
            if count > self._limit:
                record.left_out = count - self._limit
            began, count = now, 0
        if len(self._seen) > 1000:
            self._seen.clear()
        self._seen[key] = (began, count + 1)
        return count < self._limit


def _message(record: logging.LogRecord) -> str:
    try:
        text = record.getMessage()
    except Exception:  # logging itself would print template and arguments, secrets included, to standard error
        text = f"{record.msg!r} with arguments that do not fit: {record.args!r}"
    return redact(text)


def _context_fields() -> dict[str, str]:
    fields = dict(current_log_context())
    trace_id = current_trace_id()
    if trace_id is not None:
        fields |= {"trace_id": trace_id, "span_id": current_span_id() or ""}
    return fields


def _extra_fields(record: logging.LogRecord) -> dict[str, Any]:
    return {
        name: redact_fields(value, name)
        for name, value in vars(record).items()
        if name not in _STANDARD and not name.startswith("_")
    }


def _error_text(record: logging.LogRecord) -> str:
    parts = []
    if record.exc_info and record.exc_info[1] is not None:
        parts.append("".join(traceback.format_exception(record.exc_info[1])).rstrip())
    if record.stack_info:
        parts.append(record.stack_info)
    return redact("\n".join(parts))
