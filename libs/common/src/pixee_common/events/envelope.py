"""The envelope of every message: CloudEvents 1.0 in binary mode (Kafka binding) with the W3C trace context beside it.

Source: CloudEvents Kafka protocol binding 1.0.2, section 3.2 (binary content mode: attributes as `ce_*` headers).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar

import orjson
from pydantic import BaseModel, ConfigDict

from pixee_common.domain.ids import new_id


class Event(BaseModel):
    """Base of all messages. Unknown fields are ignored on reading, so that a newer writer does not break an older reader."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    TYPE: ClassVar[str]
    """CloudEvents type, with the version: `com.pixee.sync.progress.v1`."""

    def partition_key(self) -> str:
        """What keeps messages in order: the Kafka key."""
        raise TypeError(f"{type(self).__name__} names no key")

    def body(self) -> bytes:
        """JSON."""
        return self.model_dump_json(exclude_none=True).encode()


def headers_for(event: Event | type[Event], *, source: str, trace: Mapping[str, str]) -> dict[str, str]:
    """Header names and texts of an event that is written now. `trace` holds traceparent and tracestate, or nothing."""
    return {
        "ce_specversion": "1.0",
        "ce_id": str(new_id()),
        "ce_source": f"/pixee/{source}",
        "ce_type": event.TYPE,
        "ce_time": datetime.now(UTC).isoformat(),
        "content-type": "application/json",
        **trace,
    }


def decode_json(payload: bytes) -> object:
    """The JSON of a message body.

    Raises:
        ValueError: it is no JSON.
    """
    return orjson.loads(payload)
