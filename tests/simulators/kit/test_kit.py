"""The kit over real HTTP: control API, log, counts, faults, clock, snapshots."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from simulators.kit.echo import HOST, Echo

from pixee_simulators.kit.testing import running

AT = {"Host": HOST}


class Client:
    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session, self.url = session, url

    async def call(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        async with self.session.request(method, self.url + path, **options) as answer:
            return answer.status, await answer.json(content_type=None)


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "specs" / "echo").mkdir(parents=True)
    monkeypatch.setenv("PIXEE_SPECS_DIR", str(tmp_path / "specs"))
    return tmp_path / "specs"


@pytest.fixture
async def echo(specs: Path) -> AsyncIterator[Client]:
    async with running(Echo()) as url, aiohttp.ClientSession() as session:
        client = Client(session, url)
        await client.call("PUT", f"/_control/shops/{HOST}", json={"token": "t"})
        yield client


async def test_a_host_without_a_shop_is_refused(echo: Client) -> None:
    status, _ = await echo.call("GET", "/", headers={"Host": "other.test"})
    assert status == 404


async def test_the_log_says_who_asked_what_and_what_it_touched(echo: Client) -> None:
    await echo.call("POST", "/put", data="A1", headers=AT | {"X-Pixee-Worker": "w-1", "User-Agent": "tests"})
    _, page = await echo.call("GET", f"/_control/requests?host={HOST}&kind=write")
    [entry] = page["requests"]
    assert (entry["worker"], entry["agent"], entry["operation"], entry["status"]) == ("w-1", "tests", "put", 200)
    assert entry["skus"] == ["A1"]
    assert entry["in_flight"] == 1
    assert entry["started_ns"] < entry["ended_ns"]


async def test_counts_add_up_by_kind_and_commit(echo: Client) -> None:
    await echo.call("GET", "/look", headers=AT)
    await echo.call("POST", "/put", data="A1", headers=AT)
    _, counts = await echo.call("GET", f"/_control/counts?host={HOST}")
    assert counts["requests"] == {"read": 1, "write": 1}
    assert counts["operations"] == {"look": 1, "put": 1}
    assert (counts["created"], counts["products"]) == (1, 1)


@pytest.mark.parametrize(
    ("rule", "status", "retry_after"),
    [
        ({"kind": "status", "status": 429, "retry_after": 7}, 429, "7"),
        ({"kind": "status", "status": 429}, 429, None),
        ({"kind": "status", "status": 502, "body": "html"}, 502, None),
        ({"kind": "expired_token"}, 401, None),
        ({"kind": "throttle", "retry_after": 2}, 429, "2"),
    ],
)
async def test_an_answering_fault_does_nothing_in_the_shop(
    echo: Client, rule: dict[str, object], status: int, retry_after: str | None
) -> None:
    await echo.call("POST", "/_control/faults", json=[rule])
    async with echo.session.post(echo.url + "/put", data="A1", headers=AT) as answer:
        assert answer.status == status
        assert answer.headers.get("Retry-After") == retry_after
        assert answer.content_type == ("text/html" if rule.get("body") == "html" else "application/json")
    _, counts = await echo.call("GET", f"/_control/counts?host={HOST}")
    assert counts["created"] == 0
    assert counts["faults"] == {rule["kind"]: 1}


@pytest.mark.parametrize(("kind", "created"), [("reset_before", 0), ("reset_after_commit", 1), ("truncated_body", 1)])
async def test_a_broken_connection_leaves_what_was_committed(echo: Client, kind: str, created: int) -> None:
    await echo.call("POST", "/_control/faults", json=[{"kind": kind, "times": 1}])
    with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError, aiohttp.ClientOSError)):
        await echo.call("POST", "/put", data="A1", headers=AT)
    _, counts = await echo.call("GET", f"/_control/counts?host={HOST}")
    assert (counts["created"], counts["products"]) == (created, created)


async def test_a_slow_body_arrives_whole_on_the_simulators_clock(echo: Client) -> None:
    await echo.call("PUT", "/_control/clock", json={"scale": 1000})
    await echo.call("POST", "/_control/faults", json=[{"kind": "slow_body", "seconds": 30}])
    status, body = await echo.call("GET", "/look", headers=AT)
    assert status == 200
    assert len(body["padding"]) == 400


async def test_a_frozen_clock_holds_a_hanging_answer_until_it_is_moved(echo: Client) -> None:
    await echo.call("PUT", "/_control/clock", json={"freeze": True})
    await echo.call("POST", "/_control/faults", json=[{"kind": "hang", "seconds": 60}])
    waiting = asyncio.create_task(echo.call("GET", "/look", headers=AT))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await echo.call("PUT", "/_control/clock", json={"advance": 61})
    assert (await waiting)[0] == 200


async def test_chance_is_the_same_in_every_run_and_near_its_rate(echo: Client) -> None:
    outcomes = []
    for _ in range(2):
        await echo.call("POST", "/_control/faults", json=[{"kind": "status", "status": 500, "rate": 0.3, "seed": 4}])
        outcomes.append([(await echo.call("GET", "/look", headers=AT))[0] for _ in range(60)])
        await echo.call("DELETE", "/_control/faults")
    assert outcomes[0] == outcomes[1]
    assert 8 <= outcomes[0].count(500) <= 28


async def test_a_rule_meets_only_its_requests_after_and_times(echo: Client) -> None:
    rule = {"kind": "status", "match": {"path": "^/put", "kind": "write", "host": HOST}, "after": 1, "times": 1}
    await echo.call("POST", "/_control/faults", json=[rule])
    seen = [(await echo.call("POST", "/put", data=str(n), headers=AT))[0] for n in range(3)]
    assert (await echo.call("GET", "/put", headers=AT))[0] == 200
    assert seen == [200, 503, 200]


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "fire"},
        {"kind": "hang", "colour": 1},
        {"kind": "hang", "rate": 2},
        {"kind": "hang", "match": {"path": "("}},
    ],
)
async def test_a_fault_rule_with_a_mistake_is_refused_whole(echo: Client, rule: dict[str, object]) -> None:
    status, answer = await echo.call("POST", "/_control/faults", json=[{"kind": "latency", "ms": 1}, rule])
    assert status == 400
    assert "fault 1" in answer["error"]
    assert (await echo.call("GET", "/_control/faults"))[1] == []


async def test_concurrency_is_recorded_as_it_was(echo: Client) -> None:
    await echo.call("PUT", f"/_control/limits/{HOST}", json={"latency_ms": 30})
    await asyncio.gather(*(echo.call("GET", "/look", headers=AT) for _ in range(4)))
    _, counts = await echo.call("GET", f"/_control/counts?host={HOST}")
    assert (counts["max_in_flight"], counts["in_flight"]) == (4, 0)


async def test_an_unknown_limit_and_an_unknown_shop_are_refused(echo: Client) -> None:
    assert (await echo.call("PUT", f"/_control/limits/{HOST}", json={"bucket": 1}))[0] == 400
    assert (await echo.call("PUT", "/_control/limits/other.test", json={}))[0] == 404
    assert (await echo.call("GET", "/_control/counts?host=other.test"))[0] == 404


async def test_a_violation_is_recorded_while_the_answer_stays(echo: Client) -> None:
    assert (await echo.call("GET", "/look?bad=1", headers=AT))[0] == 200
    _, found = await echo.call("GET", "/_control/violations")
    assert (found["validated"], found["count"]) == (True, 1)
    assert found["violations"][0]["rule"] == "planted"
    await echo.call("DELETE", "/_control/violations")
    assert (await echo.call("GET", "/_control/violations"))[1] == {"validated": True, "count": 0, "violations": []}


async def test_a_crash_of_the_simulator_is_a_violation(echo: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert (await echo.call("GET", "/crash", headers=AT))[0] == 500
    _, found = await echo.call("GET", "/_control/violations")
    assert found["violations"][0]["rule"] == "simulator_bug"
    assert "planted crash" in capsys.readouterr().err


async def test_without_schemas_it_says_so_once_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIXEE_SPECS_DIR", str(tmp_path / "nowhere"))
    async with running(Echo()) as url, aiohttp.ClientSession() as session:
        client = Client(session, url)
        await client.call("PUT", f"/_control/shops/{HOST}", json={})
        assert (await client.call("GET", "/look?bad=1", headers=AT))[0] == 200
        assert (await client.call("GET", "/_control/violations"))[1] == {
            "validated": False,
            "count": 0,
            "violations": [],
        }
    assert capsys.readouterr().err.count("not validated") == 1


async def test_a_shop_outlives_the_process(specs: Path, tmp_path: Path) -> None:
    async with running(Echo(data=tmp_path)) as url, aiohttp.ClientSession() as session:
        client = Client(session, url)
        await client.call("PUT", f"/_control/shops/{HOST}", json={"token": "t"})
        await client.call("PUT", f"/_control/limits/{HOST}", json={"batch": 5})
        await client.call("POST", "/put", data="A1", headers=AT)
        _, before = await client.call("GET", f"/_control/requests?host={HOST}")
    async with running(Echo(data=tmp_path)) as url, aiohttp.ClientSession() as session:
        client = Client(session, url)
        [shop] = (await client.call("GET", "/_control/shops"))[1]
        assert (shop["settings"], shop["limits"]["batch"], shop["products"]) == ({"token": "t"}, 5, 1)
        assert (await client.call("GET", f"/_control/requests?host={HOST}"))[1] == before
        await client.call("POST", "/put", data="A2", headers=AT)
        _, after = await client.call("GET", f"/_control/requests?host={HOST}")
        assert after["requests"][1]["seq"] > after["requests"][0]["seq"]
        _, counts = await client.call("GET", f"/_control/counts?host={HOST}")
        assert counts["created"] == 2


async def test_a_reset_shop_forgets_all_but_its_settings_even_on_disk(specs: Path, tmp_path: Path) -> None:
    async with running(Echo(data=tmp_path)) as url, aiohttp.ClientSession() as session:
        client = Client(session, url)
        await client.call("PUT", f"/_control/shops/{HOST}", json={"token": "t"})
        await client.call("POST", "/put", data="A1", headers=AT)
    async with running(Echo(data=tmp_path)) as url, aiohttp.ClientSession() as session:
        client = Client(session, url)
        assert (await client.call("POST", f"/_control/reset?host={HOST}"))[0] == 200
    async with running(Echo(data=tmp_path)) as url, aiohttp.ClientSession() as session:
        client = Client(session, url)
        [shop] = (await client.call("GET", "/_control/shops"))[1]
        assert (shop["settings"], shop["products"]) == ({"token": "t"}, 0)
        _, page = await client.call("GET", "/_control/requests")
        assert page["requests"] == []


async def test_the_log_is_bounded_and_the_counts_are_not(specs: Path) -> None:
    async with running(Echo(log_limit=3)) as url, aiohttp.ClientSession() as session:
        client = Client(session, url)
        await client.call("PUT", f"/_control/shops/{HOST}", json={})
        for _ in range(5):
            await client.call("GET", "/look", headers=AT)
        _, page = await client.call("GET", f"/_control/requests?host={HOST}")
        _, counts = await client.call("GET", f"/_control/counts?host={HOST}")
        assert (len(page["requests"]), counts["requests"]["read"]) == (3, 5)
