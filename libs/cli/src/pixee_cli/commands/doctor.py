"""`pixee doctor`: what the system needs, and what is missing; every line that is wrong says what to do."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

import httpx

from pixee_cli import output
from pixee_cli.exits import CliError, Exit, NotReachable
from pixee_cli.place import Place
from pixee_cli.running import DATA, AsJson, Data, run
from pixee_devstack.errors import DevstackError
from pixee_devstack.java import find_java, java_version
from pixee_devstack.ports import free_port


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `needs_stack`: it can only be right while a stack runs."""

    name: str
    right: bool
    says: str
    needs_stack: bool = False


def doctor(data: Data = DATA, as_json: AsJson = False) -> None:
    """Check Java, ports, database, Kafka and gateway. Exit code 1 when something is wrong, 3 when no stack runs."""

    async def work() -> Exit:
        checks = await examined(Place(data))
        if as_json:
            output.say_json([asdict(check) for check in checks])
        else:
            for check in checks:
                output.say(f"{'ok   ' if check.right else 'WRONG'} {check.name}: {check.says}")
        if any(not check.right and not check.needs_stack for check in checks):
            return Exit.FAILED
        return Exit.OK if all(check.right for check in checks) else Exit.NOT_REACHABLE

    run(work(), as_json=as_json)


async def examined(place: Place) -> list[Check]:
    """All checks, in the order in which things depend on one another."""
    return [
        _java(),
        _ports(),
        await _asked("database", lambda: _database(place)),
        await _asked("Kafka", lambda: _kafka(place)),
        await _asked("gateway", lambda: _gateway(place)),
    ]


def _java() -> Check:
    try:
        java = find_java()
    except DevstackError as error:
        return Check("Java", False, str(error))
    return Check("Java", True, f"version {java_version(java)}")


def _ports() -> Check:
    try:
        return Check("ports", True, f"there are free ones, for example {free_port()}")
    except DevstackError as error:
        return Check("ports", False, str(error))


async def _asked(name: str, ask: Callable[[], Awaitable[str]]) -> Check:
    try:
        return Check(name, True, await ask(), needs_stack=True)
    except (CliError, OSError, httpx.HTTPError, TimeoutError) as error:
        return Check(name, False, str(error) or type(error).__name__, needs_stack=True)


async def _database(place: Place) -> str:
    async with place.database(patience=2.0) as database, database.connection() as connection:
        version = await connection.fetchval("SHOW server_version")
        waiting = await connection.fetchval("SELECT count(*) FROM outbox")
        letters = await connection.fetchval("SELECT count(*) FROM dead_letters WHERE replayed_at IS NULL")
    return f"PostgreSQL {version}; {waiting} messages wait in the outbox, {letters} dead letters"


async def _kafka(place: Place) -> str:
    host, _, port = place.stack().bootstrap.split(",")[0].rpartition(":")
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, int(port)), timeout=3)
    except (OSError, TimeoutError):
        raise NotReachable(f"nobody listens at {host}:{port}. Look into the Kafka log of the data folder.") from None
    writer.close()
    await writer.wait_closed()
    return f"listens at {host}:{port}"


async def _gateway(place: Place) -> str:
    url = place.gateway_url()
    async with httpx.AsyncClient(timeout=3.0, trust_env=False) as client:
        answer = await client.get(f"{url}/health/ready")
    if answer.status_code != httpx.codes.OK:
        raise NotReachable(f"{urlsplit(url).netloc} answers {answer.status_code}: {answer.text[:200]}")
    return f"ready at {url}"
