"""A simulator as its own process: ready line, signals, data folder, a taken port."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from simulators.kit.echo import HOST

from pixee_simulators.__main__ import platforms

SHOP = {"consumer_key": "ck_1", "consumer_secret": "cs_1"}
AT = {"Host": HOST, "X-Forwarded-Proto": "https", "Authorization": aiohttp.encode_basic_auth("ck_1", "cs_1")}


async def start(*options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "pixee_simulators", "woocommerce", *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"PIXEE_SPECS_DIR": ""},
    )


@asynccontextmanager
async def process(data: Path) -> AsyncIterator[str]:
    """Serves while the block runs, then SIGTERM; the exit code must be 0."""
    child = await start("--data", str(data), "--clock-scale", "2")
    assert child.stdout is not None
    try:
        ready: dict[str, Any] = json.loads(await asyncio.wait_for(child.stdout.readline(), 20))
        assert (ready["event"], ready["platform"]) == ("ready", "woocommerce")
        yield ready["url"]
    finally:
        child.send_signal(signal.SIGTERM)
        await asyncio.wait_for(child.communicate(), 20)
    assert child.returncode == 0


async def test_a_process_keeps_its_shops_over_a_stop(tmp_path: Path) -> None:
    async with process(tmp_path) as url, aiohttp.ClientSession() as session:
        await session.put(f"{url}/_control/shops/{HOST}", json=SHOP)
        async with session.post(f"{url}/wp-json/wc/v3/products", json={"sku": "A"}, headers=AT) as answer:
            assert answer.status == 201
    async with process(tmp_path) as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}/wp-json/wc/v3/products", params={"sku": "A"}, headers=AT) as answer:
            assert [one["sku"] for one in await answer.json()] == ["A"]
        async with session.get(f"{url}/health/live") as answer:
            assert answer.status == 200
        async with session.get(f"{url}/health/ready") as answer:
            assert await answer.json() == {"status": "ready", "platform": "woocommerce", "shops": 1}


async def test_a_taken_port_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        child = await start("--port", str(port))
        _, errors = await asyncio.wait_for(child.communicate(), 20)
    assert child.returncode == 1
    assert f"port {port} on 127.0.0.1 is taken; give another with --port" in errors.decode()


def test_platforms_are_found_by_folder() -> None:
    assert "woocommerce" in platforms()
    assert "kit" not in platforms()
