"""The `Idempotency-Key` of a POST, bound to the route and body that it came with."""

import hashlib
from typing import Annotated

from fastapi import Header, Request

from pixee_gateway.usecases.start_sync import Idempotency

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="The same key and body within 24 hours give the same answer and start nothing.",
    ),
]


async def bound(key: str | None, request: Request) -> Idempotency | None:
    """What the key stands for; null where the request has none."""
    if key is None:
        return None
    return Idempotency(key, f"POST {request.url.path}", hashlib.sha256(await request.body()).digest())
