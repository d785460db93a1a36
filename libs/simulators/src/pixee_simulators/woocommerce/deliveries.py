"""Webhooks out: what changed is told to every active webhook of that topic, signed, after the answer to the request that changed it.

Sheet, "Pull products", webhooks. Told is the product as it stands at that time, once a request, as `GET /products/<id>` shows it (a
description with its paragraphs as HTML, where the answer to a write has it as it was sent); a variation too is told as a product.
More than five failures in a row disable a webhook. That a ping is an unsigned form body is the sheet's unverified reading.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import orjson

from pixee_simulators.kit.clock import Clock
from pixee_simulators.woocommerce.store import Record, Store

MOST_FAILURES = 5
_GOOD = range(200, 303)
_PATIENCE = aiohttp.ClientTimeout(total=5)


class Deliveries:
    """Of all shops of a simulator; `close` ends what is under way."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._under_way: set[asyncio.Task[None]] = set()

    def announce(
        self, store: Store, changes: list[tuple[str, int]], shown: Callable[[int], dict[str, Any]], delay_ms: float
    ) -> None:
        """`changes` are (event, product id); `shown` makes the body of a product that still exists."""
        for event, number in dict.fromkeys(changes):
            for webhook in list(store.webhooks.values()):
                if webhook["status"] == "active" and webhook["topic"] == f"product.{event}":
                    self._begin(self._tell(store, webhook, number, shown, delay_ms))

    def ping(self, webhook: Record) -> None:
        """A new webhook's address is tried."""
        self._begin(self._post(webhook, f"webhook_id={webhook['id']}".encode(), {}))

    async def settled(self) -> None:
        """Everything announced so far was told, or given up."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    async def close(self, _app: object = None) -> None:
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _tell(
        self, store: Store, webhook: Record, number: int, shown: Callable[[int], dict[str, Any]], delay_ms: float
    ) -> None:
        await self._clock.sleep(delay_ms / 1000)
        gone = number not in store.products or webhook["topic"] == "product.deleted"
        body = orjson.dumps({"id": number} if gone else _viewed(shown(number)))
        digest = hmac.new(webhook["secret"].encode(), body, hashlib.sha256).digest()
        resource, event = webhook["topic"].split(".")
        headers = {
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": f"{store.url}/",
            "X-WC-Webhook-Topic": webhook["topic"],
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": base64.b64encode(digest).decode(),
            "X-WC-Webhook-ID": str(webhook["id"]),
            "X-WC-Webhook-Delivery-ID": secrets.token_hex(16),
        }
        await self._post(webhook, body, headers)

    async def _post(self, webhook: Record, body: bytes, headers: dict[str, str]) -> None:
        sent = {
            "Content-Type": "application/x-www-form-urlencoded",
            **headers,
            "User-Agent": "WooCommerce/11.0.1 Hookshot",
        }
        try:
            async with (
                aiohttp.ClientSession(timeout=_PATIENCE) as session,
                session.post(webhook["delivery_url"], data=body, headers=sent, allow_redirects=False) as answer,
            ):
                good = answer.status in _GOOD
        except (aiohttp.ClientError, TimeoutError):
            good = False
        webhook["failures"] = 0 if good else webhook.get("failures", 0) + 1
        if webhook["failures"] > MOST_FAILURES:
            webhook["status"] = "disabled"


def _viewed(document: dict[str, Any]) -> dict[str, Any]:
    """With the description as a page would show it: paragraphs that are no HTML yet become some."""
    parts = [part.strip() for part in str(document["description"]).split("\n\n") if part.strip()]
    paragraphs = [part if part.startswith("<") else f"<p>{part}</p>" for part in parts]
    return document | {"description": "".join(f"{part}\n" for part in paragraphs)}
