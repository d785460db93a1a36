"""A real, single-node Apache Kafka without Docker (ADR 0002): broker and controller in one Java process."""

import asyncio
import base64
import shutil
import signal
import subprocess
import uuid
from importlib.resources import as_file, files
from pathlib import Path

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from pixee_devstack.errors import NotReadyError
from pixee_devstack.folders import FolderLock
from pixee_devstack.java import find_java
from pixee_devstack.kafka_jars import Progress, kafka_jars, to_stderr
from pixee_devstack.ports import LOOPBACK, accepts, is_free, kept_ports
from pixee_devstack.processes import LineSink, ManagedProcess

# The short sessions let a broker that was killed come back in 5 s instead of 12: it waits for its own old session.
PROPERTIES = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "log.cleaner.dedupe.buffer.size": "2097152",
    "num.network.threads": "2",
    "num.io.threads": "2",
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
}
_JVM = ("-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")


class EmbeddedKafka:
    """One Kafka broker on loopback whose messages stay in `data_dir` over stops, crashes and restarts.

    The folder gets `data/` (the log segments), `server.properties`, `kafka.log` and `ports.json`. Topics are never
    made by themselves. `cache_dir` is where the jars are kept for all stacks (default `~/.cache/pixee`); `progress`
    hears of their download.
    """

    def __init__(
        self,
        data_dir: Path,
        cache_dir: Path | None = None,
        *,
        progress: Progress = to_stderr,
        sink: LineSink | None = None,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self._cache_dir = cache_dir
        self._progress = progress
        self._lock = FolderLock(self.data_dir)
        self._ports: dict[str, int] = {}
        self.process = ManagedProcess(
            "kafka",
            [],
            log_path=self.data_dir / "kafka.log",
            ready=self._answers,
            stop_signal=signal.SIGTERM,
            death_signal=signal.SIGTERM,
            stop_timeout=30,
            sink=sink,
        )

    @property
    def bootstrap(self) -> str:
        """`127.0.0.1:<port>` for clients, known once it was started."""
        if not self._ports:
            raise NotReadyError("Kafka has not been started, so it has no port yet. Call start() first.")
        return f"{LOOPBACK}:{self._ports['broker']}"

    @property
    def pid(self) -> int | None:
        """The process id of the broker while it runs."""
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether the broker's process runs."""
        return self.process.running

    async def start(self) -> None:
        """Start it, fetching the jars and formatting the folder the first time; returns when it answers.

        Raises `NoJavaError`, `DownloadError`, `ChecksumError`, `FolderInUseError` or `NotReadyError`.
        """
        if self.running:
            return
        self._lock.acquire()
        try:
            await self.process.end_leftover()
            command = await asyncio.to_thread(self._prepare)
            self.process.argv = command
            await self.process.start()
        except BaseException:
            self._lock.release()
            raise

    async def stop(self) -> None:
        """Stop it cleanly (0.6 s)."""
        await self.process.stop()
        self._lock.release()

    async def kill(self) -> None:
        """End it at once, as a crash would (SIGKILL)."""
        await self.process.kill()
        self._lock.release()

    async def restart(self) -> None:
        """Stop it cleanly and start it on the same port."""
        await self.stop()
        await self.start()

    async def empty(self, *, crash: bool = False) -> None:
        """Lose everything: end it (`crash`: by SIGKILL), delete its data, start a new cluster on the same port."""
        await (self.kill() if crash else self.stop())
        await asyncio.to_thread(shutil.rmtree, self._segments, ignore_errors=True)
        await self.start()

    def suspend(self) -> None:
        """Freeze the broker where it is (SIGSTOP)."""
        self.process.suspend()

    def resume(self) -> None:
        """Let a suspended broker go on."""
        self.process.resume()

    @property
    def _segments(self) -> Path:
        return self.data_dir / "data"

    @property
    def _properties(self) -> Path:
        return self.data_dir / "server.properties"

    def _prepare(self) -> list[str]:
        """Everything up to the broker's command line: Java, jars, ports, properties, a formatted folder. Blocks."""
        java = find_java()
        jars = kafka_jars(self._cache_dir, self._progress)
        if not self._ports or not all(is_free(port) for port in self._ports.values()):
            self._ports = kept_ports(self.data_dir / "ports.json", ["broker", "controller"])
        self._write_properties()
        with as_file(files("pixee_devstack").joinpath("kafka-log4j2.properties")) as quiet:
            log_config = self.data_dir / "log4j2.properties"
            shutil.copyfile(quiet, log_config)
        class_path = ["-cp", f"{jars}/*"]
        if not (self._segments / "meta.properties").exists():
            self._format([str(java), f"-Dlog4j2.configurationFile={log_config}", *class_path])
        return [
            *(str(java), *_JVM, f"-Dlog4j2.configurationFile={log_config}"),
            *(*class_path, "kafka.Kafka", str(self._properties)),
        ]

    def _write_properties(self) -> None:
        broker, controller = self._ports["broker"], self._ports["controller"]
        properties = {
            **PROPERTIES,
            "controller.quorum.bootstrap.servers": f"{LOOPBACK}:{controller}",
            "listeners": f"PLAINTEXT://{LOOPBACK}:{broker},CONTROLLER://{LOOPBACK}:{controller}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{broker}",
            "log.dirs": str(self._segments),
        }
        self._properties.write_text("".join(f"{key}={value}\n" for key, value in properties.items()), encoding="utf-8")

    def _format(self, java: list[str]) -> None:
        """Make the folder a new cluster's."""
        shutil.rmtree(self._segments, ignore_errors=True)
        command = [
            *(*java, "kafka.tools.StorageTool", "format", "--standalone"),
            *("-t", new_cluster_id(), "-c", str(self._properties)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NotReadyError(
                f"Kafka could not format {self._segments}: {(done.stderr or done.stdout).strip()}. Check free space and "
                "permissions there."
            )

    async def _answers(self) -> bool:
        """Whether the broker takes clients: it lists itself, which it does only when its session is open."""
        if not await accepts(self._ports["broker"]):  # asked first, for the client logs every refused connection
            return False
        client = AIOKafkaClient(bootstrap_servers=self.bootstrap, client_id="pixee-devstack")
        try:
            await client.bootstrap()
            return bool(client.cluster.brokers())
        except (KafkaError, OSError):
            return False
        finally:
            await client.close()


def new_cluster_id() -> str:
    """A random cluster id: a UUID in URL-safe base64, never with the leading `-` that Kafka's tool takes for an option."""
    while True:
        name = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        if not name.startswith("-"):
            return name
