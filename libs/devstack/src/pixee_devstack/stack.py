"""The whole system on one machine without Docker: servers, schema, topics, simulators, services; `pixee up` and tests."""

import asyncio
import itertools
import os
import sys
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from pathlib import Path

from pixee_devstack import service_env
from pixee_devstack.errors import NotReadyError
from pixee_devstack.folders import FolderLock
from pixee_devstack.kafka import EmbeddedKafka
from pixee_devstack.kafka_jars import Progress, to_stderr
from pixee_devstack.ports import LOOPBACK, kept_ports
from pixee_devstack.postgres import EmbeddedPostgres
from pixee_devstack.processes import LineSink, ManagedProcess
from pixee_devstack.service_env import ROLES, SIMULATED_HOSTS, Secrets
from pixee_devstack.stack_file import StackFile
from pixee_devstack.supervisor import Supervisor

MODULES = {"gateway": "pixee_gateway", "orchestrator": "pixee_orchestrator", "worker": "pixee_workers"}
"""Service → the Python module that runs it."""

_READY_TIMEOUT = 90.0  # seconds; a cold start of all services on a busy two-core machine


class Stack:
    """One running system whose data stays in `data_dir`: starting again on the same folder continues.

    `gateways`, `orchestrators` and `workers` say how many processes of each run; `simulators` names the platforms that
    are simulated. `env` is added to the environment of every service, `service_envs` to that of one service (by
    `gateway`, `orchestrator`, `worker`, `simulator`). DATABASE_URL (of the database's owner) and
    KAFKA_BOOTSTRAP_SERVERS of the environment are used instead of the embedded servers. Every process is in
    `processes` by name: `gateway`, `worker-1`, `worker-2` (numbered when there are several), `simulator-shopify`.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        gateways: int = 1,
        orchestrators: int = 1,
        workers: int = 1,
        simulators: Sequence[str] = ("shopify", "woocommerce"),
        env: Mapping[str, str] | None = None,
        service_envs: Mapping[str, Mapping[str, str]] | None = None,
        simulated_hosts: Mapping[str, tuple[str, ...]] = SIMULATED_HOSTS,
        cache_dir: Path | None = None,
        sink: LineSink | None = None,
        progress: Progress = to_stderr,
        runner: Sequence[str] = (sys.executable, "-m"),
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.processes: dict[str, ManagedProcess] = {}
        self.postgres: EmbeddedPostgres | None = None
        self.kafka: EmbeddedKafka | None = None
        self._counts = {"gateway": gateways, "orchestrator": orchestrators, "worker": workers}
        self._slugs = tuple(simulators)
        # A person reads these lines; a setting of the surroundings goes before that.
        self._env = {"PIXEE_LOG_FORMAT": os.environ.get("PIXEE_LOG_FORMAT", "text"), **(env or {})}
        self._service_envs = dict(service_envs or {})
        self._hosts = simulated_hosts
        self._sink = sink
        self._runner = tuple(runner)
        self._lock = FolderLock(self.data_dir)
        self._supervisor = Supervisor()
        self._dsn = os.environ.get("DATABASE_URL", "")
        self._bootstrap = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "")
        self._ports: dict[str, int] = {}
        self._secrets: Secrets | None = None
        if not self._dsn:
            self.postgres = EmbeddedPostgres(self.data_dir / "postgres", sink=sink)
        if not self._bootstrap:
            self.kafka = EmbeddedKafka(self.data_dir / "kafka", cache_dir, progress=progress, sink=sink)

    @property
    def dsn(self) -> str:
        """The DSN of the database's owner; a service's role: `dsn_of`."""
        return self.postgres.dsn if self.postgres else self._dsn

    def dsn_of(self, service: str) -> str:
        """The DSN with which `service` (`gateway`, `orchestrator`, `worker`) enters the database."""
        return service_env.dsn_as(self.dsn, ROLES[service], self.secrets.role_passwords[service])

    @property
    def bootstrap(self) -> str:
        """Kafka's bootstrap servers."""
        return self.kafka.bootstrap if self.kafka else self._bootstrap

    @property
    def secrets(self) -> Secrets:
        """The passwords and keys of this folder."""
        if self._secrets is None:
            self._secrets = Secrets.kept(self.data_dir / "secrets.json")
        return self._secrets

    @property
    def gateway_urls(self) -> list[str]:
        """`http://127.0.0.1:<port>` of every gateway, known once it was started."""
        return [self._url(name) for name in self._names("gateway")]

    @property
    def simulator_urls(self) -> dict[str, str]:
        """Slug → `http://127.0.0.1:<port>` of its simulator."""
        return {slug: self._url(f"simulator-{slug}") for slug in self._slugs}

    async def start(self) -> None:
        """Bring everything up and return when all answer; what was started is stopped again when something fails.

        Raises the errors of `pixee_devstack.errors`, whose messages say what to do.
        """
        self._lock.acquire()
        try:
            self._ports = kept_ports(self.data_dir / "ports.json", self._all_names())
            servers = [server.start() for server in (self.postgres, self.kafka) if server]
            await _all(*servers, self._start_processes(self._simulators()))
            await _all(self.migrate(), self.provision_topics())
            await self._start_processes(self._services())
            self.describe().write(self.data_dir)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop everything in the reverse order; the data stays."""
        StackFile.remove(self.data_dir)
        await self._supervisor.stop()
        await _all(*(server.stop() for server in (self.kafka, self.postgres) if server))
        self._lock.release()

    async def wait(self) -> ManagedProcess | None:
        """Return None on Ctrl-C or SIGTERM, or the first process that ended by itself; `stop` is the caller's."""
        servers = [server.process for server in (self.postgres, self.kafka) if server]
        return await self._supervisor.wait(also=servers)

    async def migrate(self) -> None:
        """Bring the database up to date, with the services' roles. Raises `NotReadyError` with the log's last lines."""
        await self._run("migrate", "pixee_common.db", "migrate", env=service_env.migration_env(self.dsn, self.secrets))

    async def provision_topics(self) -> None:
        """Make the topics that are missing; a broker that was emptied needs it. Raises `NotReadyError`."""
        env = {**service_env.inherited(), "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap}
        await self._run("provision", "pixee_common.messaging", "provision", env=env)

    def describe(self) -> StackFile:
        """Where everything is reached now."""
        named = {"postgres": self.postgres, "kafka": self.kafka, **self.processes}
        return StackFile(
            pid=os.getpid(),
            bootstrap=self.bootstrap,
            dsns={"owner": self.dsn, **{service: self.dsn_of(service) for service in ROLES}},
            gateway_urls=self.gateway_urls,
            simulator_urls=self.simulator_urls,
            pids={name: part.pid for name, part in named.items() if part is not None and part.pid is not None},
        )

    def _names(self, service: str) -> list[str]:
        count = self._counts[service]
        return [service] if count == 1 else [f"{service}-{number}" for number in range(1, count + 1)]

    def _all_names(self) -> list[str]:
        services = itertools.chain.from_iterable(self._names(service) for service in self._counts)
        return [*(f"simulator-{slug}" for slug in self._slugs), *services]

    def _url(self, name: str) -> str:
        if name not in self._ports:
            raise NotReadyError(f"{name} has no address yet. Start the stack first.")
        return f"http://{LOOPBACK}:{self._ports[name]}"

    def _simulators(self) -> Iterable[ManagedProcess]:
        for slug in self._slugs:
            name = f"simulator-{slug}"
            place = ("--host", LOOPBACK, "--port", str(self._ports[name]), "--data", str(self.data_dir / name))
            env = {**service_env.inherited(), **self._service_envs.get("simulator", {})}
            yield self._process(name, "pixee_simulators", slug, *place, env=env)

    def _services(self) -> Iterable[ManagedProcess]:
        routes = service_env.egress_routes(self.simulator_urls, self._hosts)
        for service, module in MODULES.items():
            for name in self._names(service):
                env = service_env.service_env(
                    service,
                    dsn=self.dsn,
                    bootstrap=self.bootstrap,
                    port=self._ports[name],
                    secrets=self.secrets,
                    routes=routes,
                )
                yield self._process(name, module, env={**env, **self._env, **self._service_envs.get(service, {})})

    def _process(self, name: str, module: str, *arguments: str, env: Mapping[str, str]) -> ManagedProcess:
        return ManagedProcess(
            name,
            [*self._runner, module, *arguments],
            env=env,
            log_path=self.data_dir / "logs" / f"{name}.log",
            ready=f"{self._url(name)}/health/ready",
            ready_timeout=_READY_TIMEOUT,
            sink=self._sink,
        )

    async def _start_processes(self, processes: Iterable[ManagedProcess]) -> None:
        group = list(processes)
        await self._supervisor.start(group)
        self.processes.update({process.name: process for process in group})

    async def _run(self, name: str, module: str, argument: str, *, env: Mapping[str, str]) -> None:
        """Run a module that ends by itself."""
        log_path = self.data_dir / "logs" / f"{name}.log"
        job = ManagedProcess(name, [*self._runner, module, argument], env=env, log_path=log_path, sink=self._sink)
        await job.run(_READY_TIMEOUT)


async def _all(*waits: Awaitable[None]) -> None:
    """Wait for all, also when one fails, so that nothing is still starting when the rest is stopped."""
    results = await asyncio.gather(*waits, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
