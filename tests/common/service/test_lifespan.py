"""A service process starts without any dependency, stops when asked, in bounded time, and its exit code says how it went."""

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from pixee_common.service import ExitCode

PROGRAM = Path(__file__).with_name("service_program.py")


async def started(
    behaviour: str, stop_within: float = 5.0, environment: dict[str, str] | None = None
) -> asyncio.subprocess.Process:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIXEE_", "OTEL_"))}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(PROGRAM),
        behaviour,
        str(stop_within),
        env=kept | (environment or {}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def ready(process: asyncio.subprocess.Process) -> str:
    return await line_with(process, "READY")


async def line_with(process: asyncio.subprocess.Process, text: str) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(20):
        while line := (await process.stdout.readline()).decode():
            if text in line:
                return line
    raise AssertionError(f"the process ended without a line with {text}")


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str]:
    async with asyncio.timeout(30):
        output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_the_service_finish_and_exit_clean_also_while_the_collector_is_away(signum: int) -> None:
    process = await started("well_behaved", environment={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})
    assert "uvloop" in await ready(process)
    process.send_signal(signum)
    code, output = await ended(process)
    assert code == ExitCode.STOPPED
    assert "CLEANED" in output
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert lines[-1]["message"] == "stopped"
    assert {line["service"] for line in lines} == {"tested"}


async def test_a_service_that_does_not_finish_is_cut_off() -> None:
    process = await started("stubborn", stop_within=0.2)
    await ready(process)
    began = time.monotonic()
    process.terminate()
    code, output = await ended(process)
    assert code == ExitCode.STOP_TOO_SLOW
    assert time.monotonic() - began < 15
    assert "cut off" in output


async def test_a_second_signal_ends_the_wait() -> None:
    process = await started("stubborn", stop_within=60)
    await ready(process)
    process.terminate()
    await line_with(process, '"stopping"')
    process.terminate()
    assert (await ended(process))[0] == ExitCode.STOP_TOO_SLOW


async def test_a_crash_is_logged_without_secrets_and_tells_itself_by_the_exit_code() -> None:
    code, output = await ended(await started("crashing"))
    assert code == ExitCode.CRASHED
    assert "ValueError" in output
    assert "canary" not in output


@pytest.mark.parametrize(("behaviour", "environment"), [("without_keys", {}), ("done", {"PIXEE_LOG_FORMAT": "xml"})])
async def test_unusable_settings_are_named_and_have_their_own_exit_code(
    behaviour: str, environment: dict[str, str]
) -> None:
    code, output = await ended(await started(behaviour, environment=environment))
    assert code == ExitCode.SETTINGS
    assert "PIXEE_" in output


async def test_a_service_that_is_done_exits_clean() -> None:
    assert (await ended(await started("done")))[0] == ExitCode.STOPPED
