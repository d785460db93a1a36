"""A job as it goes on: the gateway's event stream, and plain questions where the stream is not to be had."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx

from pixee_cli.exits import CliError, GatewayRefused, NotReachable
from pixee_cli.gateway import Gateway, Json
from pixee_common.domain.job import FINAL_JOB_STATES

_STREAM_TRIES = 3
_ASK_EVERY = 1.0  # seconds


async def follow(gateway: Gateway, job_id: str, *, patience: float = 60.0) -> AsyncIterator[Json]:
    """The job at every change, the last time in its final state. A gateway that goes away is waited for.

    Raises:
        NotReachable: it stayed away for `patience` seconds.
        GatewayRefused: there is no such job.
    """
    loop = asyncio.get_running_loop()
    failed_streams, heard = 0, loop.time()
    while True:
        if failed_streams < _STREAM_TRIES:
            try:
                async for job in streamed(gateway, job_id):
                    failed_streams, heard = 0, loop.time()
                    yield job
                    if is_final(job):
                        return
            except GatewayRefused:
                failed_streams = _STREAM_TRIES
            except (httpx.TransportError, CliError, ValueError):
                failed_streams += 1
        try:
            job = await gateway.job(job_id)
        except NotReachable:
            if loop.time() - heard > patience:
                raise
        else:
            heard = loop.time()
            yield job
            if is_final(job):
                return
        await asyncio.sleep(_ASK_EVERY)


async def streamed(gateway: Gateway, job_id: str) -> AsyncIterator[Json]:
    """The `snapshot` and `change` events of one connection (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    data: list[str] = []
    async for line in gateway.events(job_id):
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            yield json.loads("\n".join(data))
            data = []


def is_final(job: Json) -> bool:
    """Whether the job's counters never move again."""
    return job["state"] in FINAL_JOB_STATES
