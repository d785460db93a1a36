"""How our topics are provisioned: small for one machine, wide for production."""

from pydantic import Field

from pixee_common.service.settings import Settings


class TopicSettings(Settings):
    """Partitions and replicas of the topics that this installation provisions."""

    wide: bool = Field(
        default=False,
        validation_alias="PIXEE_KAFKA_WIDE_TOPICS",
        description="Use the production number of partitions (docs/topics.md). Never change it for topics that exist.",
    )
    replication: int = Field(
        default=1,
        validation_alias="PIXEE_KAFKA_REPLICATION",
        description="Replicas of each partition; 3 in production, with min.insync.replicas 2.",
        ge=1,
        le=5,
    )
