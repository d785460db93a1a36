"""Child processes: started until they are ready, stopped, killed, suspended, and never left behind.

Output goes straight into a log file, so a busy or stopped parent never blocks a child; a reader follows the file for
those who want the lines. A child dies with its parent: by the kernel's parent-death signal on Linux, and everywhere by
the process file, from which the next start ends what was left over.
"""

import asyncio
import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import psutil

from pixee_devstack.errors import NotReadyError
from pixee_devstack.health import HealthQuestion
from pixee_devstack.process_tree import children, until_gone

Ready = str | Callable[[], Awaitable[bool]]
"""An URL whose GET answers 200 when the process is ready, or a question that answers it."""

LineSink = Callable[[str], None]
"""Told every line of output as `<name> | <line>`, in the event loop."""

_POLL = 0.03  # seconds between two looks at a process or its health
_TAIL_LINES = 15
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class ManagedProcess:
    """One child process with its log and its state of readiness.

    `env` is the whole environment of the child (None: the parent's). `stop_signal` asks it to end cleanly;
    `death_signal` is what the kernel sends it when this process dies (SIGKILL ends a suspended one too). Start it from
    a thread that lives as long as it shall: the kernel watches the starting thread.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        log_path: Path,
        env: Mapping[str, str] | None = None,
        ready: Ready | None = None,
        ready_timeout: float = 60.0,
        stop_signal: signal.Signals = signal.SIGTERM,
        stop_timeout: float = 20.0,
        death_signal: signal.Signals = signal.SIGKILL,
        sink: LineSink | None = None,
        user: str | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.name = name
        self.argv = [str(part) for part in argv]
        self.env = dict(env) if env is not None else None
        self.log_path = log_path
        self.ready = ready
        self.ready_timeout = ready_timeout
        self.stop_signal = stop_signal
        self.stop_timeout = stop_timeout
        self.death_signal = death_signal
        self.sink = sink
        self.user = user
        self.cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None
        self._follower: asyncio.Task[None] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """The process id while it runs (also when suspended), else None."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def running(self) -> bool:
        """Whether the process has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How the last run ended (minus the signal's number when by a signal); None before that."""
        return self._process.poll() if self._process is not None else None

    async def start(self) -> None:
        """Start it and return when it is ready; does nothing when it runs.

        Raises `NotReadyError` with the last lines of the log when it ends early, cannot be started or takes longer
        than `ready_timeout` seconds; the process is killed then.
        """
        if self.running:
            return
        await self.end_leftover()
        self._spawn()
        if self.sink is not None:
            self._follower = asyncio.create_task(self._follow(self.sink), name=f"log of {self.name}")
        try:
            await self._wait_ready()
        except BaseException:
            await self.kill()
            raise

    async def stop(self) -> None:
        """Ask it to end, wait `stop_timeout` seconds, then kill it. Works on a suspended process too."""
        if self._process is not None and self.running:
            self._process.send_signal(self.stop_signal)
            self._process.send_signal(signal.SIGCONT)
            if not await self._ended_within(self.stop_timeout):
                await self.kill()
        await self._after_end()

    async def kill(self) -> None:
        """End it and what it started at once, as a crash would (SIGKILL)."""
        if self._process is not None and self.running:
            family = children(self._process.pid)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            for child in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
            await self._ended_within(10)
            await until_gone(family, 10)
        await self._after_end()

    async def run(self, timeout: float) -> None:
        """Start it and wait for its own end, at most `timeout` seconds.

        Raises `NotReadyError` with the last lines of the log when it takes longer (it is killed then) or fails.
        """
        await self.start()
        try:
            in_time = await self._ended_within(timeout)
        finally:
            await self.kill()
        if not in_time:
            raise NotReadyError(self._not_ready(f"was not done within {timeout:g} s"))
        if self.exit_code != 0:
            raise NotReadyError(self._not_ready(f"failed with exit code {self.exit_code}"))

    async def restart(self) -> None:
        """Stop it and start it again."""
        await self.stop()
        await self.start()

    def suspend(self) -> None:
        """Freeze it where it is (SIGSTOP)."""
        self._signal_group(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a suspended process go on (SIGCONT)."""
        self._signal_group(signal.SIGCONT)

    def last_lines(self, count: int = _TAIL_LINES) -> list[str]:
        """The last `count` lines that it wrote since its last start."""
        if not self.log_path.exists():
            return []
        with self.log_path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(self._log_start, size - 64_000))
            return file.read().decode(errors="replace").splitlines()[-count:]

    @property
    def _pid_file(self) -> Path:
        return self.log_path.with_suffix(".pid")

    def _signal_group(self, number: signal.Signals) -> None:
        if self._process is not None and self.running:
            os.killpg(self._process.pid, number)

    def _spawn(self) -> None:
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        death_signal = int(self.death_signal)
        parent = os.getpid()

        def die_with_parent() -> None:
            if _libc is not None:
                _libc.prctl(_PR_SET_PDEATHSIG, death_signal)
                if os.getppid() != parent:  # the parent died before the kernel was told to watch it
                    os._exit(1)

        with self.log_path.open("ab") as log:
            self._log_start = log.tell()
            try:
                self._process = subprocess.Popen(
                    self.argv,
                    env=self.env,
                    cwd=self.cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=die_with_parent,  # noqa: PLW1509  (prctl takes no lock; there is no other way)
                    user=self.user,
                    group=_group_of(self.user) if self.user else None,
                    extra_groups=[] if self.user else None,
                )
            except OSError as error:
                raise NotReadyError(
                    f"{self.name} cannot be started: {error}. Command: {' '.join(self.argv)}. Check that the project "
                    "is installed (`make setup`)."
                ) from error
        state = {"pid": self._process.pid, "started": psutil.Process(self._process.pid).create_time()}
        self._pid_file.write_text(json.dumps(state), encoding="utf-8")

    async def _wait_ready(self) -> None:
        deadline = time.monotonic() + self.ready_timeout
        async with contextlib.AsyncExitStack() as closing:
            ask = self.ready
            if isinstance(ask, str):
                ask = await closing.enter_async_context(HealthQuestion(ask))
            while ask is not None and not await ask():
                if not self.running:
                    raise NotReadyError(self._not_ready(f"ended with exit code {self.exit_code} before it was ready"))
                if time.monotonic() > deadline:
                    raise NotReadyError(self._not_ready(f"was not ready within {self.ready_timeout:g} s"))
                await asyncio.sleep(_POLL)

    def _not_ready(self, what: str) -> str:
        lines = "\n".join(f"  {line}" for line in self.last_lines()) or "  (it wrote nothing)"
        return f"{self.name} {what}. Its last lines (all of them: {self.log_path}):\n{lines}"

    async def end_leftover(self) -> None:
        """End the process of a run whose parent is gone, found by its process file."""
        try:
            state = json.loads(self._pid_file.read_text(encoding="utf-8"))
            leftover = psutil.Process(state["pid"])
            if abs(leftover.create_time() - state["started"]) > 0.01:
                return
            leftover.send_signal(self.stop_signal)
            leftover.send_signal(signal.SIGCONT)
            if not await until_gone([leftover], self.stop_timeout):
                leftover.kill()
                await until_gone([leftover], 10)
        except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
            return

    async def _ended_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.running:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(_POLL)
        return True

    async def _after_end(self) -> None:
        if self._follower is not None:
            await self._follower
            self._follower = None
        if self._process is not None:  # else the file tells of somebody else's process
            self._pid_file.unlink(missing_ok=True)

    async def _follow(self, sink: LineSink) -> None:
        """Give every new line of the log to `sink` until the process has ended and all is read."""
        with self.log_path.open("rb") as file:
            file.seek(self._log_start)
            rest = b""
            while True:
                ended = not self.running
                rest += file.read()
                *lines, rest = rest.split(b"\n")
                if ended and rest:
                    lines, rest = [*lines, rest], b""
                for line in lines:
                    sink(f"{self.name} | {line.decode(errors='replace')}")
                if ended:
                    return
                await asyncio.sleep(_POLL * 3)


def _group_of(user: str) -> int:
    import pwd  # noqa: PLC0415  (there is none on Windows, where nobody is dropped to)

    return pwd.getpwnam(user).pw_gid
