"""A stack brings its processes up in order, tells each what it needs, keeps its folder and leaves nothing behind."""

import os
import stat
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from pixee_devstack.errors import FolderInUseError, NotReadyError
from pixee_devstack.stack import Stack
from pixee_devstack.stack_file import NoStackError, StackFile

DOUBLE = Path(__file__).with_name("module_double.py")


def stack_on(folder: Path, **options) -> Stack:
    return Stack(folder, runner=(sys.executable, str(DOUBLE)), progress=lambda _line: None, **options)


@pytest.fixture
def servers_given(monkeypatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://owner:secret@127.0.0.1:1/pixee")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:2")


async def ask(url: str) -> dict:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(url)).json()


async def test_servers_that_are_given_are_used_and_all_processes_answer(tmp_path, servers_given):
    lines: list[str] = []
    stack = stack_on(tmp_path, workers=2, sink=lines.append, service_envs={"worker": {"PIXEE_TEST_EXTRA": "yes"}})
    await stack.start()
    try:
        assert stack.postgres is None
        assert stack.kafka is None
        gateway = await ask(stack.gateway_urls[0])
        assert gateway["module"] == "pixee_gateway"
        assert gateway["KAFKA_BOOTSTRAP_SERVERS"] == "127.0.0.1:2"
        assert gateway["DATABASE_URL"] == stack.dsn_of("gateway")
        assert gateway["PIXEE_TEST_EXTRA"] is None
        worker = await ask(str(stack.processes["worker-2"].ready))
        assert worker["PIXEE_TEST_EXTRA"] == "yes"
        assert f"*.myshopify.com={stack.simulator_urls['shopify']}" in worker["PIXEE_EGRESS_ROUTES"]
        simulator = await ask(stack.simulator_urls["woocommerce"])
        assert simulator["arguments"][0] == "woocommerce"
        assert simulator["DATABASE_URL"] is None
    finally:
        await stack.stop()
    assert "migrate | pixee_common.db migrate" in lines
    assert "provision | pixee_common.messaging provision" in lines
    assert "worker-1 | pixee_workers " in lines


async def test_tools_find_a_running_stack_by_its_file_and_none_after_the_stop(tmp_path, servers_given):
    stack = stack_on(tmp_path)
    await stack.start()
    try:
        found = StackFile.read(tmp_path)
        assert stat.S_IMODE((tmp_path / "stack.json").stat().st_mode) == 0o600
        assert found == stack.describe()
        assert found.pid == os.getpid()
        assert set(found.dsns) == {"owner", "gateway", "orchestrator", "worker"}
        assert set(found.pids) == {"gateway", "orchestrator", "worker", "simulator-shopify", "simulator-woocommerce"}
        assert all(psutil.pid_exists(pid) for pid in found.pids.values())
    finally:
        await stack.stop()
    assert not any(psutil.pid_exists(pid) for pid in found.pids.values())
    with pytest.raises(NoStackError, match="Start one with `pixee up`"):
        StackFile.read(tmp_path)


async def test_the_same_folder_continues_with_the_same_addresses_and_secrets(tmp_path, servers_given):
    first, second = stack_on(tmp_path), stack_on(tmp_path)
    await first.start()
    described = first.describe()
    await first.stop()
    await second.start()
    again = second.describe()
    await second.stop()
    assert again.dsns == described.dsns
    assert again.gateway_urls == described.gateway_urls
    assert again.simulator_urls == described.simulator_urls


async def test_two_stacks_on_one_folder_are_refused_and_the_first_goes_on(tmp_path, servers_given):
    first = stack_on(tmp_path)
    await first.start()
    try:
        with pytest.raises(FolderInUseError, match=f"in use by process {os.getpid()}"):
            await stack_on(tmp_path).start()
        assert StackFile.read(tmp_path).pid == os.getpid()
    finally:
        await first.stop()


@pytest.mark.parametrize(
    ("broken", "name"),
    [("pixee_common.db", "migrate"), ("pixee_orchestrator", "orchestrator"), ("pixee_simulators", "simulator")],
)
async def test_a_part_that_fails_is_reported_with_its_words_and_the_rest_is_stopped(
    tmp_path, servers_given, monkeypatch, broken, name
):
    monkeypatch.setenv("PIXEE_TEST_FAIL", broken)
    stack = stack_on(tmp_path)
    with pytest.raises(NotReadyError, match=rf"(?s)^{name}.* exit code 1.*deliberately broken"):
        await stack.start()
    assert not any(process.running for process in stack.processes.values())
    assert not [child for child in psutil.Process().children() if str(DOUBLE) in child.cmdline()]
    monkeypatch.delenv("PIXEE_TEST_FAIL")
    await stack.start()
    await stack.stop()


@pytest.mark.stack
async def test_a_stack_of_its_own_servers_comes_up_and_goes_down(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    stack = stack_on(tmp_path, simulators=())
    await stack.start()
    try:
        found = StackFile.read(tmp_path)
        assert {"postgres", "kafka"} <= set(found.pids)
        gateway = await ask(found.gateway_urls[0])
        assert gateway["DATABASE_URL"] == found.dsns["gateway"]
        assert gateway["KAFKA_BOOTSTRAP_SERVERS"] == found.bootstrap
    finally:
        await stack.stop()
    assert not any(psutil.pid_exists(pid) for pid in found.pids.values())
