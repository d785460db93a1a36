"""Live bars of running jobs: counts, rate, time left, and why nothing moves where nothing moves."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import Self

from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from pixee_cli import output
from pixee_cli.exits import Exit
from pixee_cli.gateway import Gateway, Json
from pixee_cli.job_stream import follow
from pixee_common.domain.job import JobState

_WINDOW = 15.0  # seconds over which the rate is taken
_LINE_EVERY = 5.0  # seconds between two lines where there is no terminal

_EXITS = {
    JobState.COMPLETED: Exit.OK,
    JobState.COMPLETED_WITH_ERRORS: Exit.WITH_ERRORS,
    JobState.FAILED: Exit.FAILED,
    JobState.CANCELLED: Exit.FAILED,
}


class Rate:
    """Items a second, over the last seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, done: int, now: float) -> None:
        self._seen.append((now, done))
        while len(self._seen) > 2 and self._seen[0][0] < now - _WINDOW:
            self._seen.popleft()

    @property
    def value(self) -> float | None:
        """None until something has moved."""
        if len(self._seen) < 2:
            return None
        (since, first), (until, last) = self._seen[0], self._seen[-1]
        return (last - first) / (until - since) if last > first and until > since else None


def counts(job: Json) -> str:
    """For example `980 succeeded, 20 skipped, 0 failed, 0 open`."""
    names = ["succeeded", "failed", "skipped", "open"] + (["cancelled"] if job.get("cancelled") else [])
    return ", ".join(f"{job[name]:,} {name}" for name in names)


def moves(job: Json, rate: float | None) -> str:
    """Rate, time left, or why it waits."""
    if job.get("waiting_reason"):
        until = f" until {str(job['waiting_until'])[11:19]} UTC" if job.get("waiting_until") else ""
        return f"waits: {job['waiting_reason']}{until}"
    if rate is None:
        return str(job["state"])
    left = timedelta(seconds=round(job["open"] / rate))
    return f"{rate:,.0f}/s, {left} left" if job["open"] else f"{rate:,.0f}/s"


class Bars:
    """Several jobs at once. A context manager; quiet with `silent`, lines instead of bars where there is no terminal."""

    def __init__(self, *, silent: bool = False) -> None:
        self._silent = silent
        self._live = output.console.is_terminal and not silent
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[counts]}"),
            TextColumn("[dim]{task.fields[moves]}[/dim]"),
            console=output.console,
            disable=not self._live,
        )
        self._tasks: dict[str, TaskID] = {}
        self._rates: dict[str, Rate] = {}
        self._said: dict[str, float] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, title: str, job: Json, *, final: bool = False) -> None:
        """The job as it stands now."""
        now = time.monotonic()
        rate = self._rates.setdefault(title, Rate())
        rate.add(job["total"] - job["open"], now)
        text = str(job["state"]) if final else moves(job, rate.value)
        if self._live:
            task = self._tasks.get(title)
            if task is None:
                task = self._tasks[title] = self._progress.add_task(escape(title), total=None, counts="", moves="")
            self._progress.update(
                task,
                total=job["total"] or None,
                completed=job["total"] - job["open"],
                counts=counts(job),
                moves=escape(text),
            )
        elif not self._silent and (final or now - self._said.get(title, 0.0) >= _LINE_EVERY):
            self._said[title] = now
            output.say(f"{title}: {counts(job)}; {text}")


async def watch(gateway: Gateway, jobs: Mapping[str, str], *, silent: bool = False) -> dict[str, Json]:
    """Title → job id: shows them all until each has ended; title → the job in its final state."""

    async def one(title: str, job_id: str) -> tuple[str, Json]:
        job: Json = {}
        async for job in follow(gateway, job_id):
            bars.show(title, job)
        bars.show(title, job, final=True)
        return title, job

    with Bars(silent=silent) as bars:
        return dict(await asyncio.gather(*(one(title, job_id) for title, job_id in jobs.items())))


def exit_of(job: Json) -> Exit:
    """What a command that waited for this job ends with."""
    return _EXITS.get(JobState(job["state"]), Exit.OK)
