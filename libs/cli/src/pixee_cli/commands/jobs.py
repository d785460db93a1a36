"""`pixee jobs`: look at jobs and their items, cancel them, and retry what failed."""

from enum import StrEnum
from typing import Annotated

import typer

from pixee_cli import output
from pixee_cli.exits import Exit
from pixee_cli.gateway import Gateway, Json, connector_named, open_gateway
from pixee_cli.issues import item_table, say_issues
from pixee_cli.place import Place
from pixee_cli.running import DATA, AsJson, Data, run
from pixee_cli.watching import counts, exit_of, watch

app = typer.Typer(help="Jobs: what was started, how far it is, what went wrong.", no_args_is_help=True)

JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")]


class ItemState(StrEnum):
    """What an item counts as."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    OPEN = "open"


@app.command("list")
def list_all(
    connector: Annotated[str | None, typer.Option(help="Only this connector's.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """List jobs, the newest first."""

    async def work() -> Exit:
        async with open_gateway(Place(data)) as gateway:
            chosen = (await connector_named(gateway, connector))["id"] if connector else None
            found = await gateway.jobs(chosen, limit)
        if as_json:
            output.say_json(found)
        else:
            rows = [(job["id"], job["platform"], job["operation"], job["state"], counts(job)) for job in found]
            output.table(None, ("Id", "Platform", "Operation", "State", "Items"), rows)
        return Exit.OK

    run(work(), as_json=as_json)


@app.command("show")
def show(
    job_id: JobId,
    watching: Annotated[bool, typer.Option("--watch", help="Stay until it has ended.")] = False,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Show one job. With --watch the exit code is the job's."""

    async def work() -> Exit:
        async with open_gateway(Place(data)) as gateway:
            job = await gateway.job(job_id)
            if watching:
                title = f"{job['platform']} {job['operation']}"
                job = (await watch(gateway, {title: job_id}, silent=as_json))[title]
            if as_json:
                output.say_json(job)
            else:
                output.pairs(_shown(job))
                await say_issues(gateway, job)
        return exit_of(job) if watching else Exit.OK

    run(work(), as_json=as_json)


@app.command("items")
def items(
    job_id: JobId,
    state: Annotated[ItemState | None, typer.Option(help="Only items that count as this.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many (default: all).")] = None,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """List a job's items: outcome, reason, advice."""

    async def work() -> Exit:
        async with open_gateway(Place(data)) as gateway:
            found = [item async for item in gateway.items(job_id, state, at_most=limit)]
        if as_json:
            output.say_json(found)
        else:
            item_table(None, found)
        return Exit.OK

    run(work(), as_json=as_json)


@app.command("cancel")
def cancel(job_id: JobId, data: Data = DATA, as_json: AsJson = False) -> None:
    """Cancel what is not sent yet; sent items keep their verdict."""

    async def work() -> Exit:
        async with open_gateway(Place(data)) as gateway:
            job = await gateway.cancel(job_id)
        if as_json:
            output.say_json(job)
        else:
            output.say(f"Job {job_id} is {job['state']}: {counts(job)}")
            if job.get("warning"):
                output.say(job["warning"])
        return Exit.OK

    run(work(), as_json=as_json)


@app.command("retry")
def retry(
    job_id: JobId,
    watching: Annotated[bool, typer.Option("--watch", help="Stay until the new job has ended.")] = False,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Start a new job with what failed and today's values. With --watch the exit code is the new job's."""

    async def work() -> Exit:
        async with open_gateway(Place(data)) as gateway:
            answer = await gateway.retry(job_id)
            if not as_json:
                _say_retry(answer)
            if watching:
                return await _watched(gateway, answer["job_id"], as_json=as_json)
        if as_json:
            output.say_json(answer)
        else:
            output.say(f"Next: pixee jobs show {answer['job_id']} --watch")
        return Exit.OK

    run(work(), as_json=as_json)


async def _watched(gateway: Gateway, job_id: str, *, as_json: bool) -> Exit:
    job = (await watch(gateway, {"retry": job_id}, silent=as_json))["retry"]
    if as_json:
        output.say_json(job)
    else:
        await say_issues(gateway, job)
    return exit_of(job)


def _say_retry(answer: Json) -> None:
    queued = f", {answer['products_queued']:,} products" if "products_queued" in answer else ""
    output.say(f"Job {answer['job_id']} is {answer['status']}{queued}.")
    if answer.get("quarantined"):
        output.say(f"{answer['quarantined']:,} items stay in quarantine: pixee quarantine list CONNECTOR")


def _shown(job: Json) -> Json:
    names = ("id", "connector_id", "platform", "operation", "state", "created_at", "started_at", "finished_at")
    shown: Json = {name: job.get(name) for name in names}
    shown["items"] = f"{job['total']:,}: {counts(job)}"
    if job.get("waiting_reason"):
        shown["waits"] = f"{job['waiting_reason']} until {job.get('waiting_until') or 'it passes'}"
    return shown
