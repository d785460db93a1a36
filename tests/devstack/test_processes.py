"""Child processes become ready, end, freeze and die as asked, and never outlive their parent."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from pixee_devstack.errors import NotReadyError
from pixee_devstack.ports import free_port
from pixee_devstack.processes import ManagedProcess
from pixee_devstack.supervisor import Supervisor

CHILD = """
import http.server, sys
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health/ready" else 404)
        self.end_headers()
    def log_message(self, *_):
        print("asked for", self.path, flush=True)
print("hello from the child", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""


def http_child(folder: Path, name: str = "child", **options) -> ManagedProcess:
    port = free_port()
    ready = f"http://127.0.0.1:{port}/health/ready"
    argv = [sys.executable, "-c", CHILD, str(port)]
    return ManagedProcess(name, argv, log_path=folder / f"{name}.log", ready=ready, **options)


def python_child(folder: Path, code: str, **options) -> ManagedProcess:
    return ManagedProcess("child", [sys.executable, "-c", code], log_path=folder / "child.log", **options)


async def test_a_process_counts_as_started_when_its_health_answers(tmp_path):
    lines: list[str] = []
    child = http_child(tmp_path, sink=lines.append)
    await child.start()
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(str(child.ready))).status_code == 200
        assert child.running
        assert psutil.pid_exists(child.pid)
    finally:
        await child.stop()
    assert not child.running
    assert child.pid is None
    assert child.exit_code == -signal.SIGTERM
    assert lines[0] == "child | hello from the child"
    assert "child | asked for /health/ready" in lines


async def test_a_process_that_ends_early_is_reported_with_its_last_words(tmp_path):
    child = python_child(tmp_path, "print('no database'); raise SystemExit(3)", ready=lambda: asyncio.sleep(0, False))
    with pytest.raises(NotReadyError, match=r"(?s)exit code 3 .*child\.log.*no database"):
        await child.start()


async def test_a_process_that_never_gets_ready_is_killed_and_reported(tmp_path):
    child = python_child(
        tmp_path, "import time; time.sleep(60)", ready=lambda: asyncio.sleep(0, False), ready_timeout=0.2
    )
    with pytest.raises(NotReadyError, match=r"child was not ready within 0\.2 s.*"):
        await child.start()
    assert not child.running


async def test_a_command_that_does_not_exist_is_reported(tmp_path):
    child = ManagedProcess("child", [tmp_path / "nothing-here"], log_path=tmp_path / "child.log")
    with pytest.raises(NotReadyError, match=r"cannot be started.*nothing-here"):
        await child.start()


async def test_a_process_that_ignores_the_stop_signal_is_killed(tmp_path):
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    child = python_child(tmp_path, code, stop_timeout=0.2)
    child.ready = lambda: asyncio.sleep(0, "deaf" in child.last_lines())
    await child.start()
    await child.stop()
    assert child.exit_code == -signal.SIGKILL


async def test_a_killed_process_takes_its_own_children_along(tmp_path):
    code = (
        "import subprocess, sys, time; c = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
        " start_new_session=True); print(c.pid, flush=True); time.sleep(60)"
    )
    child = python_child(tmp_path, code)
    child.ready = lambda: asyncio.sleep(0, bool(child.last_lines()))
    await child.start()
    grandchild = psutil.Process(int(child.last_lines()[0]))
    await child.kill()
    assert child.exit_code == -signal.SIGKILL
    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE


async def test_a_suspended_process_answers_nothing_until_resumed(tmp_path):
    child = http_child(tmp_path)
    await child.start()
    async with httpx.AsyncClient(trust_env=False, timeout=0.3) as client:
        child.suspend()
        with pytest.raises(httpx.TimeoutException):
            await client.get(str(child.ready))
        child.resume()
        assert (await client.get(str(child.ready))).status_code == 200
    await child.stop()


async def test_a_suspended_process_can_be_stopped(tmp_path):
    child = http_child(tmp_path, stop_timeout=5)
    await child.start()
    child.suspend()
    await child.stop()
    assert child.exit_code == -signal.SIGTERM


async def test_a_child_gets_exactly_the_environment_it_is_given(tmp_path, monkeypatch):
    monkeypatch.setenv("PIXEE_FERNET_KEYS", "secret")
    code = "import os, time; print(sorted(k for k in os.environ if k.startswith('PIXEE')), flush=True); time.sleep(60)"
    child = python_child(tmp_path, code, env={"PIXEE_HTTP_PORT": "1"})
    child.ready = lambda: asyncio.sleep(0, bool(child.last_lines()))
    await child.start()
    await child.stop()
    assert child.last_lines() == ["['PIXEE_HTTP_PORT']"]


PARENT = """
import asyncio, sys
from pathlib import Path
from pixee_devstack.processes import ManagedProcess
async def main():
    child = ManagedProcess("child", [sys.executable, "-c", "import time; time.sleep(60)"], log_path=Path(sys.argv[1]))
    await child.start()
    print(child.pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
async def test_a_child_dies_with_a_parent_that_is_killed(tmp_path):
    with subprocess.Popen([sys.executable, "-c", PARENT, tmp_path / "child.log"], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    gone, _alive = psutil.wait_procs([child], timeout=5)
    assert gone == [child]


async def test_what_a_killed_parent_left_running_is_ended_by_the_next_start(tmp_path):
    leftover = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    started = psutil.Process(leftover.pid).create_time()
    (tmp_path / "child.pid").write_text(json.dumps({"pid": leftover.pid, "started": started}))
    child = http_child(tmp_path)
    reaper = asyncio.create_task(asyncio.to_thread(leftover.wait))
    await child.start()
    assert await reaper == -signal.SIGTERM
    await child.stop()


async def test_a_process_file_whose_number_belongs_to_another_program_by_now_harms_nobody(tmp_path):
    (tmp_path / "child.pid").write_text(json.dumps({"pid": os.getpid(), "started": time.time() - 86_400}))
    child = http_child(tmp_path)
    await child.start()
    await child.stop()


async def test_processes_are_stopped_in_the_reverse_order(tmp_path, monkeypatch):
    supervisor, order = Supervisor(), []
    stop = ManagedProcess.stop

    async def noted(process: ManagedProcess) -> None:
        order.append(process.name)
        await stop(process)

    monkeypatch.setattr(ManagedProcess, "stop", noted)
    for name in ("first", "second"):
        await supervisor.start([http_child(tmp_path, name)])
    await supervisor.stop()
    assert order == ["second", "first"]


async def test_one_that_does_not_get_ready_stops_the_others_of_its_group(tmp_path):
    supervisor = Supervisor()
    good = http_child(tmp_path, "good")
    bad = python_child(tmp_path, "raise SystemExit(1)", ready=lambda: asyncio.sleep(0, False))
    with pytest.raises(NotReadyError, match="child ended with exit code 1"):
        await supervisor.start([good, bad])
    assert not good.running
    assert supervisor.processes == []


async def test_waiting_ends_with_the_process_that_ended_by_itself(tmp_path):
    supervisor = Supervisor()
    child = http_child(tmp_path)
    await supervisor.start([child])
    os.kill(child.pid, signal.SIGKILL)
    assert await supervisor.wait() is child
    await supervisor.stop()


async def test_ctrl_c_ends_the_waiting(tmp_path):
    supervisor = Supervisor()
    await supervisor.start([http_child(tmp_path)])
    asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGINT)
    assert await supervisor.wait() is None
    await supervisor.stop()
