"""Which trace a chunk belongs to: that of its job where it is the only one, else a new one that is linked to the job's.

A job of ten thousand chunks in one trace could not be read by anybody.
"""

from pixee_common.telemetry import inject, span
from pixee_orchestrator.progress.lifecycle import carrier

__all__ = ["chunk_traceparents"]


def chunk_traceparents(job_traceparent: str | None, numbers: list[int], *, alone: bool) -> list[str | None]:
    """A traceparent for each chunk, in order; null where the job has no trace. Call it inside the span of the planning."""
    if not job_traceparent:
        return [None for _ in numbers]
    if alone:
        return [inject().get("traceparent", job_traceparent) for _ in numbers]
    return [_linked(job_traceparent, no) for no in numbers]


def _linked(job_traceparent: str, no: int) -> str | None:
    with span("chunk", parent={}, links=[carrier(job_traceparent)], attributes={"pixee.chunk": no}):
        return inject().get("traceparent")
