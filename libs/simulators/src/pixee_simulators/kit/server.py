"""One process per platform: builds the application, says when it is ready, stops cleanly on a signal."""

import asyncio
import contextlib
import errno
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import orjson
from aiohttp import web

from pixee_simulators.kit.control import Control
from pixee_simulators.kit.exchange import exchange
from pixee_simulators.kit.simulator import Simulator
from pixee_simulators.kit.snapshots import Snapshots

_LARGEST_BODY = 64 * 1024 * 1024


def application(simulator: Simulator[Any]) -> web.Application:
    """Control API, health and the platform's routes behind the exchange."""
    app = web.Application(middlewares=[exchange(simulator)], client_max_size=_LARGEST_BODY)
    Control(simulator).routes(app)
    simulator.routes(app)
    return app


@contextlib.asynccontextmanager
async def serving(simulator: Simulator[Any], *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    """Serve while the block runs; yields the port. State is read before and written after."""
    snapshots = Snapshots(simulator)
    snapshots.read()
    runner = web.AppRunner(application(simulator), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    keeper = asyncio.create_task(snapshots.run())
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
        snapshots.stop()
        await keeper


async def run(simulator: Simulator[Any], *, host: str, port: int) -> int:
    """Until SIGINT or SIGTERM. Prints one JSON line when ready; returns the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        async with serving(simulator, host=host, port=port) as bound:
            ready = {"event": "ready", "platform": simulator.slug, "url": f"http://{host}:{bound}", "port": bound}
            sys.stdout.write(orjson.dumps(ready).decode() + "\n")
            sys.stdout.flush()
            await stop.wait()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        simulator.complain(f"port {port} on {host} is taken; give another with --port (0 picks a free one)")
        return 1
    return 0
