"""Mistakes with files and with verdicts that come later."""

from dataclasses import replace
from typing import Any

from conformance.planting import Planted

from pixee_common.domain.job import OutcomeKind
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.outcomes import PollResult, Submission

_LONG = 10.0


def hasty(_operation: Any, _items: Any, answer: Submission) -> Submission:
    """Takes "taken" for "written"."""
    applied = [
        replace(one, kind=OutcomeKind.APPLIED) if one.kind is OutcomeKind.ACCEPTED else one for one in answer.outcomes
    ]
    return Submission(tuple(applied))


def patient(_operation: Any, _items: Any, answer: Submission) -> Submission:
    """Waits much longer than the manifest says."""
    jobs = [replace(job, deadline_seconds=job.deadline_seconds * _LONG) for job in answer.remote_jobs]
    return replace(answer, remote_jobs=tuple(jobs))


def forgetful(real: Adapter) -> Adapter:
    """Answers for what its own process has sent, and for nothing else."""

    async def submit(operation: Any, items: Any, context: Any) -> Submission:
        answer = await real.submit(operation, items, context)
        context.memory.setdefault("mine", set()).update(job.remote_id for job in answer.remote_jobs)
        return answer

    async def poll(job: Any, context: Any) -> PollResult:
        if job.remote_id not in context.memory.get("mine", ()):
            return PollResult(outcomes=(), done=False, poll_in_seconds=60.0)
        return await real.poll(job, context)

    return Planted(real, submit=submit, poll=poll)


def keeping_the_file_in_memory(real: Adapter) -> Adapter:
    """Knows only in its own process what the platform calls the file."""
    uploader: Any = real

    async def upload(operation: Any, file: Any, context: Any) -> Any:
        context.memory["uploaded"] = await uploader.upload(operation, file, context)
        return replace(context.memory["uploaded"], remote_id="the one from before")

    async def collect(operation: Any, uploaded: Any, context: Any) -> Any:
        return await uploader.collect(operation, context.memory.get("uploaded", uploaded), context)

    return Planted(real, upload=upload, collect=collect)


def counting_from_zero(real: Adapter) -> Adapter:
    """Numbers the records of a file otherwise than the engine does."""
    uploader: Any = real

    def record(operation: Any, item: Any, ref: int, settings: Any) -> Any:
        return uploader.record(operation, item, ref - 1, settings)

    return Planted(real, record=record)
