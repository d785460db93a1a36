"""Serves an ASGI app inside a running event loop, and stops it cleanly.

uvicorn on its own takes over the process: it installs signal handlers and exits when a port is taken. A service of ours has more
to start and stop than its HTTP port, so here uvicorn is one part among others.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import uvicorn

__all__ = ["Served", "serve"]


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers: the port it got, and the task that ends when it stops (by itself only after a failure)."""

    port: int
    task: asyncio.Task[None]


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # signals belong to the service


@asynccontextmanager
async def serve(app: Any, host: str, port: int, *, stop_within: float = 5.0) -> AsyncIterator[Served]:
    """Serve the ASGI app while the block runs; requests under way get `stop_within` seconds at the end.

    Raises OSError when the port cannot be taken, RuntimeError when the app's own start fails.
    """
    listener = _listen(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, round(stop_within)),
        ws="none",
    )
    server = _Server(config)
    task = asyncio.create_task(_run(server, listener), name=f"http:{port}")
    try:
        while not server.started:
            await asyncio.wait({task}, timeout=0.01)
            if task.done():
                await task
                raise RuntimeError("the HTTP server ended while starting")
        yield Served(listener.getsockname()[1], task)
    finally:
        server.should_exit = True
        with suppress(RuntimeError):  # raised above, or told by `task` to whoever watches it
            await task
        listener.close()


async def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    try:
        await server.serve([listener])
    except SystemExit:  # uvicorn's way to say that the app's start failed
        raise RuntimeError("the app failed to start") from None
    if not server.started:
        raise RuntimeError("the app failed to start")


def _listen(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from None
    return listener
