"""Makes the topics that the table declares. Safe to run again and by several at once; never changes a topic that exists."""

import logging

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pixee_common.messaging.settings import TopicSettings
from pixee_common.messaging.topics import topics

_log = logging.getLogger(__name__)
_ALREADY_EXISTS = 36


async def provision(bootstrap: str, settings: TopicSettings) -> list[str]:
    """The names of the topics that were made.

    Raises:
        aiokafka.errors.KafkaError: the broker cannot be reached, or refuses.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000, client_id="pixee-provisioning")
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in topics() if topic.name not in existing]
        if not missing:
            return []
        extra = {"min.insync.replicas": "2"} if settings.replication >= 3 else {}
        answer = await admin.create_topics(
            [
                NewTopic(
                    topic.name,
                    topic.partitions[1 if settings.wide else 0],
                    settings.replication,
                    topic_configs=topic.configuration | extra,
                )
                for topic in missing
            ]
        )
        refused = [
            (entry[0], entry[1], entry[2]) for entry in answer.topic_errors if entry[1] not in {0, _ALREADY_EXISTS}
        ]
        if refused:
            raise RuntimeError(
                "Kafka refused to make topics: " + "; ".join(f"{n}: {code} {text}" for n, code, text in refused)
            )
        _log.info("provisioned %d topics", len(missing))
        return [topic.name for topic in missing]
    finally:
        await admin.close()
