"""Settings that are the gateway's alone."""

from pydantic import Field

from pixee_common.service import Settings


class GatewaySettings(Settings):
    """How the gateway behaves."""

    job_days: float = Field(
        default=7.0, validation_alias="PIXEE_JOB_DAYS", gt=0, description="Age in days at which an unfinished job ends."
    )
    connections: int = Field(
        default=10,
        validation_alias="PIXEE_GATEWAY_CONNECTIONS",
        ge=2,
        description="Database connections of one gateway.",
    )
