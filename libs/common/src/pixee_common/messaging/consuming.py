"""How every service consumes: raw batches, our own decoding, acknowledgement only after the handler's transaction.

A handler that fails for a passing reason is called again with the same batch; one that fails for any other reason loses nothing
either: the batch's messages are set aside as dead letters, loudly.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from aiokafka import ConsumerRebalanceListener
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from pydantic import ValidationError

from pixee_common.db import is_transient
from pixee_common.events import Event
from pixee_common.messaging.brokers import SUBSCRIBER

_log = logging.getLogger(__name__)
Model = TypeVar("Model", bound=Event)


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it came."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: dict[str, str]


class UnreadableError(Exception):
    """The message is not what its topic carries; the text says why and is fit for the dead letter."""


def read(message: Received, model: type[Model]) -> Model:
    """The message as its model.

    Raises:
        UnreadableError: it is no JSON, or not of this shape.
    """
    try:
        return model.model_validate_json(message.value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        text = "; ".join(f"{'.'.join(map(str, entry['loc'])) or 'message'}: {entry['msg']}" for entry in found[:5])
        raise UnreadableError(text) from None


Handle = Callable[[Sequence[Received]], Awaitable[None]]
SetAside = Callable[[Sequence[Received], str, str], Awaitable[None]]
"""(messages, reason, text): writes them to the dead letters, for good."""


def subscribe(
    broker: KafkaBroker,
    *topics: str,
    group: str,
    handle: Handle,
    set_aside: SetAside,
    listener: ConsumerRebalanceListener | None = None,
    most: int | None = None,
) -> Any:
    """Registers a batch subscriber. The handler is done, or its messages are set aside, before the offsets are committed.

    `most`: messages of one batch, where other than usual (`brokers.SUBSCRIBER`).
    """

    async def deliver(message: KafkaMessage) -> None:
        records = message.raw_message if isinstance(message.raw_message, tuple) else (message.raw_message,)
        await _guarded([_received(record) for record in records], handle, set_aside)
        await message.ack()

    options = SUBSCRIBER if most is None else SUBSCRIBER | {"max_records": most}
    subscriber = broker.subscriber(
        *topics, group_id=group, listener=listener, parser=_parsed, decoder=_undecoded, **options
    )
    subscriber(deliver)
    return subscriber


async def _parsed(raw: Any, parse: Callable[[Any], Awaitable[Any]]) -> Any:
    """FastStream's parser raises on a header that is null or no UTF-8, before any handler: one such message would stop its partition."""
    records = raw if isinstance(raw, tuple) else (raw,)
    return await parse(tuple(replace(one, headers=_readable(one.headers)) for one in records))


def _readable(headers: Sequence[tuple[str, bytes | None]]) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, (value or b"").decode("utf-8", "replace").encode()) for name, value in headers or ())


def _undecoded(_message: object) -> None:
    return None


def _received(record: Any) -> Received:
    headers = {name: value.decode() for name, value in record.headers}
    return Received(record.topic, record.partition, record.offset, record.key, record.value or b"", headers)


async def _guarded(batch: list[Received], handle: Handle, set_aside: SetAside) -> None:
    pause = 0.1
    while True:
        try:
            await handle(batch)
        except Exception as error:
            if not is_transient(error):
                _log.exception("a batch of %d messages of %s cannot be handled", len(batch), batch[0].topic)
                if len(batch) > 1:  # the rest must not suffer for one
                    for single in batch:
                        await _guarded([single], handle, set_aside)
                    return
                await set_aside(batch, "handler_failed", f"{type(error).__name__}: {error}"[:500])
                return
        else:
            return
        await asyncio.sleep(pause)
        pause = min(pause * 2, 2.0)
