"""Health answers over a real port; the server starts and stops inside a running loop."""

import asyncio
import socket
from typing import Any

import httpx
import pytest

from pixee_common.service import Check, health_app, serve
from pixee_common.telemetry import record, setup_metrics, shutdown_metrics


async def fine() -> None:
    pass


async def broken() -> None:
    raise ConnectionError("postgresql://u:canary@db refused")


async def hanging() -> None:
    await asyncio.sleep(60)


async def get(app: Any, path: str, method: str = "GET") -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.request(method, path)


async def test_ready_tells_each_check_and_an_optional_one_does_not_make_it_unready() -> None:
    app = health_app(ready=[Check("postgresql", fine), Check("kafka", broken, required=False)])
    answer = await get(app, "/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {"status": "degraded", "checks": {"postgresql": "ok", "kafka": "ConnectionError"}}


async def test_a_required_check_that_fails_or_hangs_makes_it_unready_and_leaks_nothing() -> None:
    app = health_app(ready=[Check("postgresql", broken), Check("kafka", hanging, timeout=0.01)])
    answer = await get(app, "/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "checks": {"postgresql": "ConnectionError", "kafka": "no answer"}}
    assert "canary" not in answer.text


async def test_live_does_not_ask_what_ready_asks() -> None:
    app = health_app(ready=[Check("postgresql", broken)])
    assert (await get(app, "/health/live")).json() == {"status": "ok", "checks": {}}
    assert (await get(health_app(live=[Check("loop", broken)]), "/health/live")).status_code == 503


async def test_metrics_are_served_as_prometheus_text() -> None:
    setup_metrics("gateway")
    record("pixee_outbox_rows", 3)
    answer = await get(health_app(), "/metrics")
    await shutdown_metrics()
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "pixee_outbox_rows 3\n" in answer.text


async def test_other_paths_and_methods_are_refused_and_head_has_no_body() -> None:
    assert (await get(health_app(), "/health")).status_code == 404
    assert (await get(health_app(), "/health/live", "POST")).status_code == 405
    head = await get(health_app(), "/health/live", "HEAD")
    assert (head.status_code, head.content) == (200, b"")


async def test_a_server_answers_while_the_block_runs_and_its_port_is_free_afterwards() -> None:
    async with serve(health_app(), "127.0.0.1", 0) as served, httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{served.port}/health/live")
        assert answer.status_code == 200
        assert "server" not in answer.headers
    assert served.task.done()
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", served.port))


async def test_a_taken_port_says_which() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"127.0.0.1:{port}"):
            async with serve(health_app(), "127.0.0.1", port):
                pass


async def test_an_app_that_fails_to_start_is_an_error_not_the_end_of_the_process() -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no"})

    with pytest.raises(RuntimeError, match="failed to start"):
        async with serve(failing, "127.0.0.1", 0):
            pass


async def test_a_request_that_does_not_end_does_not_hold_up_the_stop() -> None:
    async def endless(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await asyncio.sleep(60)

    began = asyncio.get_running_loop().time()
    async with serve(endless, "127.0.0.1", 0, stop_within=1.0) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
    writer.close()
    assert asyncio.get_running_loop().time() - began < 10
