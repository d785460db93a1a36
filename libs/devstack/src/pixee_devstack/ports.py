"""Free ports on loopback that stay the same over restarts of a data folder.

They are taken from below the range from which the kernel serves outgoing connections: a client that keeps on
reconnecting to a stopped server in that range can be given the server's own port, connects to itself, and the server
cannot come back.
"""

import asyncio
import json
import random
import socket
import threading
from collections.abc import Sequence
from pathlib import Path

from pixee_devstack.errors import PortTakenError

LOOPBACK = "127.0.0.1"
_LOWEST, _HIGHEST = 20_000, 32_000
_TRIES = 200
_choosing = threading.Lock()
_given: set[int] = set()
"""Handed out by this process: a server that is still starting does not listen yet, so its port looks free to its neighbour."""


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


async def accepts(port: int) -> bool:
    """Whether somebody listens on `port` of the loopback address, asked without taking the port for a moment."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True


def free_port(avoid: Sequence[int] = ()) -> int:
    """A free port that is none of `avoid` and was given to nobody yet. Raises `PortTakenError` when none is found."""
    with _choosing:
        for _ in range(_TRIES):
            port = random.randint(_LOWEST, _HIGHEST)
            if port not in avoid and port not in _given and is_free(port):
                _given.add(port)
                return port
    raise PortTakenError(
        f"No free port found between {_LOWEST} and {_HIGHEST} on {LOOPBACK}. Stop some of the servers that listen there."
    )


def require_free(port: int, what: str) -> int:
    """`port`, when it is free. Raises `PortTakenError` that names `what` wanted it."""
    if not is_free(port):
        raise PortTakenError(
            f"Port {port} for {what} is taken. Stop the program that listens on {LOOPBACK}:{port}, or leave the port "
            "out and a free one is chosen."
        )
    return port


def kept_ports(path: Path, names: Sequence[str]) -> dict[str, int]:
    """One free port for each of `names`: those of last time where still free (kept as JSON in `path`)."""
    before: dict[str, int] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    ports: dict[str, int] = {}
    for name in names:
        kept = before.get(name)
        usable = kept is not None and kept not in ports.values() and is_free(kept)
        ports[name] = kept if kept is not None and usable else free_port([*before.values(), *ports.values()])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**before, **ports}, indent=2), encoding="utf-8")
    return ports
