"""The gateway process: settings, database, relay, listeners, HTTP. Starts and stays up without Kafka and without PostgreSQL."""

import asyncio
import sys
from collections.abc import Callable

from pixee_common.db import Database
from pixee_common.db.channels import API_KEY, JOB, OUTBOX, PROBE_ANSWER
from pixee_common.delivery.relay import Relay
from pixee_common.messaging.settings import TopicSettings
from pixee_common.platforms import catalogue
from pixee_common.service import (
    Check,
    DatabaseSettings,
    EgressSettings,
    HttpSettings,
    KafkaSettings,
    KeySettings,
    health_app,
    run_service,
    serve,
)
from pixee_gateway.app import create_app
from pixee_gateway.notices import Notices
from pixee_gateway.security.authentication import Authenticator
from pixee_gateway.settings import GatewaySettings


async def start(stopping: asyncio.Event) -> None:
    """Runs until told to stop."""
    own, http = GatewaySettings.load(), HttpSettings.load()
    database = Database(
        DatabaseSettings.load().dsn, name="pixee-gateway", most_connections=own.connections, retry_for=8
    )
    relay = Relay(database, KafkaSettings.load().bootstrap_servers, TopicSettings.load(), name="gateway")
    authenticator, probe_answers, job_changes = Authenticator(database), Notices(), Notices()
    app = create_app(
        database, catalogue(), KeySettings.load().key_ring(), EgressSettings.load().policy(),
        authenticator=authenticator, probe_answers=probe_answers, job_changes=job_changes, job_days=own.job_days,
    )  # fmt: skip
    app.mount("/", health_app(ready=[Check("database", lambda: _answers(database))]))
    channels: dict[str, Callable[[str], None]] = {
        OUTBOX: relay.wake,
        PROBE_ANSWER: probe_answers.notify,
        JOB: job_changes.notify,
        API_KEY: authenticator.forget,
    }
    async with serve(app, http.host, http.port) as served:
        tasks = [asyncio.create_task(one) for one in (relay.run(), database.listen(channels), authenticator.run())]
        stopped = asyncio.create_task(stopping.wait())
        await asyncio.wait({*tasks, stopped, served.task}, return_when=asyncio.FIRST_COMPLETED)
        for task in (*tasks, stopped):
            task.cancel()
        await asyncio.gather(*tasks, stopped, return_exceptions=True)
    await database.close()


async def _answers(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("SELECT 1")


def main() -> None:
    """`python -m pixee_gateway`."""
    sys.exit(run_service("gateway", start))
