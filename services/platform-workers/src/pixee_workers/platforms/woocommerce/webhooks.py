"""Webhooks of WooCommerce: base64 of the HMAC-SHA256 of the raw body (the sheet, "Pull products", webhooks)."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import orjson

from pixee_workers.sync_base.webhook_contract import Delivery, Heard


def hear(delivery: Delivery, secret: str) -> Heard | None:
    """See `Hearing.hear`. A deleted product comes as its id alone."""
    wanted = base64.b64encode(hmac.new(secret.encode(), delivery.body, hashlib.sha256).digest())
    if not hmac.compare_digest(wanted, delivery.signature.encode()):
        return None
    if not delivery.topic.startswith("product."):
        return Heard(None)
    body = orjson.loads(delivery.body)
    if not isinstance(body, dict) or not str(body.get("id", "")).isdigit():
        raise ValueError("no id")
    number, changed = body["id"], body.get("date_modified_gmt")
    if not isinstance(changed, str):
        return Heard(str(number))
    return Heard(str(number), datetime.fromisoformat(changed).replace(tzinfo=UTC))
