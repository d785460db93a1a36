"""The worker as a process: it comes up without Kafka and without PostgreSQL, joins when the database is there, and leaves politely."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Self

import httpx
import pytest
from cryptography.fernet import Fernet

from pixee_common.db import Database
from pixee_devstack.ports import free_port
from pixee_devstack.postgres import EmbeddedPostgres

pytestmark = pytest.mark.stack


class Process:
    def __init__(self, dsn: str, log: Path) -> None:
        self.port = free_port()
        self._log = log
        self._env = {
            **os.environ,
            "DATABASE_URL": dsn,
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "PIXEE_FERNET_KEYS": f"k1:{Fernet.generate_key().decode()}",
            "PIXEE_HTTP_PORT": str(self.port),
            "PIXEE_WORKER_PLATFORMS": "woocommerce",
            "PIXEE_LOG_FORMAT": "text",
        }

    async def __aenter__(self) -> Self:
        with self._log.open("wb") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "pixee_workers", env=self._env, stdout=log, stderr=log
            )
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def health(self, which: str, wanted: int) -> None:
        async with httpx.AsyncClient() as client, asyncio.timeout(30):
            while True:
                try:
                    answer = await client.get(f"http://127.0.0.1:{self.port}/health/{which}")
                    if answer.status_code == wanted:
                        return
                except httpx.TransportError:
                    assert self.process.returncode is None, self._log.read_text()
                await asyncio.sleep(0.1)

    async def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            return await self.process.wait()


async def test_a_worker_comes_up_without_kafka_and_database_and_stops_when_told(tmp_path: Path) -> None:
    async with Process("postgresql://pixee@127.0.0.1:1/pixee", tmp_path / "log") as worker:
        await worker.health("live", 200)
        await worker.health("ready", 503)
        assert await worker.terminate() == 0


async def test_a_worker_joins_without_kafka_and_leaves_no_row_behind(
    postgres: EmbeddedPostgres, owner: Database, tmp_path: Path
) -> None:
    async def rows(pid: int) -> int:
        async with owner.connection() as connection:
            return await connection.fetchval("SELECT count(*) FROM workers WHERE pid = $1", pid)

    async with Process(postgres.dsn_for("pixee_worker", "only-for-tests"), tmp_path / "log") as worker:
        await worker.health("ready", 200)
        async with asyncio.timeout(10):
            while not await rows(worker.process.pid):
                await asyncio.sleep(0.05)
        assert await worker.terminate() == 0, (tmp_path / "log").read_text()
        assert await rows(worker.process.pid) == 0
