"""The jobs' routes: read, list items (JSON or NDJSON), cancel, retry, watch (SSE)."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from pixee_common.domain.job import Counted, Operation
from pixee_common.domain.reasons import ReasonCode
from pixee_gateway.api.idempotency import IdempotencyKey, bound
from pixee_gateway.api.responses import NOT_FOUND, PROBLEMS, component
from pixee_gateway.schemas.jobs import Job, JobItem, JobItemPage, JobPage
from pixee_gateway.schemas.sync import RetryQueued
from pixee_gateway.state import CallerOf, Cases

NDJSON = "application/x-ndjson"
_EVENT = 'event: change\nid: 17\ndata: {"id": "550e8400-e29b-41d4-a716-000000000011", "state": "running", …}\n\n'

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"], responses=PROBLEMS | NOT_FOUND)


@router.get("", operation_id="list_jobs", summary="List jobs")
async def list_jobs(
    cases: Cases,
    caller: CallerOf,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    operation: Operation | None = None,
    requested_by: Annotated[str | None, Query(description="The id of an API key, or `auto-sync`.")] = None,
) -> JobPage:
    """Jobs of all connectors, newest first."""
    items, following = await cases.jobs.listed(caller, cursor, limit, operation=operation, requested_by=requested_by)
    return JobPage(items=items, next_cursor=following)


@router.get("/{job_id}", operation_id="get_job", summary="Get a job")
async def get_job(job_id: UUID, cases: Cases, caller: CallerOf) -> Job:
    """The job as it stands."""
    return await cases.jobs.one(caller, job_id)


@router.post("/{job_id}/cancel", operation_id="cancel_job", summary="Cancel a job")
async def cancel_job(job_id: UUID, cases: Cases, caller: CallerOf) -> Job:
    """Unsent items are cancelled; sent ones keep their verdict. What a job of auto-sync had not sent stays pending and goes out with
    the next such job, which may begin at once: to stop it, pause the connector or switch auto-sync off. `warning` says so.
    """
    return await cases.jobs.cancel(caller, job_id)


@router.post(
    "/{job_id}/retry",
    status_code=202,
    operation_id="retry_job",
    summary="Retry a job",
    response_model_exclude_none=True,
)
async def retry_job(
    job_id: UUID,
    request: Request,
    response: Response,
    cases: Cases,
    caller: CallerOf,
    idempotency_key: IdempotencyKey = None,
) -> RetryQueued:
    """A new job with the items that failed and today's values; a pull is made again with the same scope. What is in quarantine
    stays there and is counted in the answer. Repeated while the retry is queued: the same job.
    """
    accepted = await cases.retry_job(caller, job_id, await bound(idempotency_key, request))
    response.headers["Location"] = f"/api/v1/jobs/{accepted.job_id}"
    if accepted.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return RetryQueued.model_validate(accepted.body)


@router.get(
    "/{job_id}/items",
    operation_id="list_job_items",
    summary="List a job's items",
    response_model=JobItemPage,
    responses={200: {"content": {NDJSON: {"schema": component(JobItem)}}}},
)
async def list_job_items(
    job_id: UUID,
    request: Request,
    cases: Cases,
    caller: CallerOf,
    state: Counted | None = None,
    reason: ReasonCode | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> JobItemPage | StreamingResponse:
    """A page of items; with `Accept: application/x-ndjson` all of them, one JSON object a line."""
    if NDJSON in request.headers.get("accept", ""):
        await cases.jobs.one(caller, job_id)

        async def lines() -> AsyncIterator[bytes]:
            async for item in cases.job_items.all(caller, job_id, state=state, reason=reason):
                yield item.model_dump_json().encode() + b"\n"

        return StreamingResponse(lines(), media_type=NDJSON)
    items, following = await cases.job_items.page(
        caller, job_id, state=state, reason=reason, cursor=cursor, limit=limit
    )
    return JobItemPage(items=items, next_cursor=following)


@router.get(
    "/{job_id}/events",
    operation_id="watch_job",
    summary="Watch a job",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EVENT}}}},
)
async def watch_job(
    job_id: UUID,
    cases: Cases,
    caller: CallerOf,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> StreamingResponse:
    """Server-sent events: `snapshot`, then `change` at every change until the job has ended; `id` is the job's version."""
    await cases.jobs.one(caller, job_id)
    ours = last_event_id is not None and last_event_id.isdecimal() and len(last_event_id) < 19
    seen = int(last_event_id or 0) if ours else None

    async def events() -> AsyncIterator[bytes]:
        name = "snapshot" if seen is None else "change"
        async for job in cases.jobs.watch(caller, job_id, seen):
            if job is None:
                yield KEEPALIVE_COMMENT
                continue
            yield format_sse_event(data_str=job.model_dump_json(), event=name, id=str(job.version))
            name = "change"

    return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})
