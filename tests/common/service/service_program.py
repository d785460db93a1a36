"""A service process for the tests of start and stop: `python service_program.py <behaviour>`."""

import asyncio
import sys

from pixee_common.service import KeySettings, health_app, run_service, serve
from pixee_common.telemetry import span


async def well_behaved(stopping: asyncio.Event) -> None:
    async with serve(health_app(), "127.0.0.1", 0):
        with span("up"):
            print(f"READY {type(asyncio.get_running_loop()).__module__}", flush=True)
        await stopping.wait()
        print("CLEANED", flush=True)


async def stubborn(stopping: asyncio.Event) -> None:
    print("READY", flush=True)
    await stopping.wait()
    await asyncio.sleep(60)


async def crashing(_: asyncio.Event) -> None:
    raise ValueError("Authorization: Bearer canary-canary")


async def without_keys(_: asyncio.Event) -> None:
    KeySettings.load()


async def done(_: asyncio.Event) -> None:
    pass


if __name__ == "__main__":
    body = {
        "well_behaved": well_behaved,
        "stubborn": stubborn,
        "crashing": crashing,
        "without_keys": without_keys,
        "done": done,
    }
    sys.exit(run_service("tested", body[sys.argv[1]], stop_within=float(sys.argv[2])))
