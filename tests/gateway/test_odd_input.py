"""Input that no honest client sends gets a clear answer: never a 500, never a limit that a header decides over."""

from collections.abc import AsyncIterator

import pytest

from pixee_common.telemetry.context import current_log_context
from pixee_gateway.usecases.read_connectors import ReadConnectors

pytestmark = pytest.mark.stack


async def _parts(count: int) -> AsyncIterator[bytes]:
    """A body without a length: httpx sends it in chunks."""
    for _ in range(count):
        yield b" " * 100_000
    yield b"{}"


async def test_a_body_over_1_mb_is_413_whether_or_not_it_says_its_length(make_account) -> None:
    account = await make_account()
    path = f"/api/v1/connectors/{await account.connector()}/sync/push-products"
    headers = {"Content-Type": "application/json"}
    for body in (b" " * 1_100_000 + b"{}", _parts(11)):
        answer = await account.manager.post(path, content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert (await account.manager.post(path, content=_parts(9), headers=headers)).status_code == 202
    assert (await account.manager.post(path, content=b"{", headers=headers)).status_code in {400, 422}


async def test_numbers_beyond_ours_and_nul_characters_are_refused_not_stumbled_over(make_account) -> None:
    account = await make_account()
    connector = f"/api/v1/connectors/{await account.connector()}"
    job = (await account.manager.post(f"{connector}/sync/push-stock")).json()["job_id"]
    get, patch, put = account.reader.get, account.manager.patch, account.manager.put
    answers = [
        await get(f"/api/v1/jobs/{job}/items?cursor=99999999999.0"),
        await get(f"/api/v1/jobs/{job}/items?cursor=0.99999999999"),
        await get("/api/v1/jobs?requested_by=%00"),
        await patch(connector, json={"name": "a\0b"}),
        await patch(connector, json={"settings": {"channel": "a\0b"}}),
        await put(f"{connector}/mapping", json={"version": 0, "categories": {"a\0": "b"}}),
        await put(f"{connector}/mapping", json={}, headers={"If-Match": f'"{"1" * 5000}"'}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(422, "invalid_request")] * 7
    await account.manager.post(f"/api/v1/jobs/{job}/cancel")


async def test_what_is_logged_during_a_request_names_the_account(make_account, monkeypatch) -> None:
    seen: list[dict[str, str]] = []
    page = ReadConnectors.page

    async def watched(self, *arguments):
        seen.append(dict(current_log_context()))
        return await page(self, *arguments)

    monkeypatch.setattr(ReadConnectors, "page", watched)
    account = await make_account()
    assert (await account.reader.get("/api/v1/connectors/")).status_code == 200
    assert seen == [{"account": str(account.id)}]
    assert "account" not in current_log_context()
