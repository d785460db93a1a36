"""Webhooks of WooCommerce: base64 of the HMAC-SHA256 of the raw body (the sheet, "Pull products", webhooks).

The body is the document of `GET /products/<id>` as it stands when the delivery is made, also for a variation (type `variation`),
whose change the shop tells as its own and as its parent's. A product or variation that went to the trash comes as its id alone.
"""

import base64
import hashlib
import hmac
from typing import cast

import orjson

from pixee_workers.platforms.woocommerce.pulled import pulled_product, pulled_variant
from pixee_workers.platforms.woocommerce.pulls import GROUPED
from pixee_workers.platforms.woocommerce.wire import ProductRow
from pixee_workers.sync_base.webhook_contract import Delivery, Heard

_NOTHING = Heard(None)
_VARIATION = "variation"


def hear(delivery: Delivery, secret: str) -> Heard | None:
    """See `Hearing.hear`."""
    wanted = base64.b64encode(hmac.new(secret.encode(), delivery.body, hashlib.sha256).digest())
    if not hmac.compare_digest(wanted, delivery.signature.encode()):
        return None
    if not delivery.topic.startswith("product."):
        return _NOTHING
    body = orjson.loads(delivery.body)
    if not isinstance(body, dict) or not str(body.get("id", "")).isdigit():
        raise ValueError("no id")
    number = str(body["id"])
    if delivery.topic == "product.deleted" or body.get("status") == "trash":
        return Heard(number, gone=True)
    try:
        return _told(number, cast("ProductRow", body))
    except (AttributeError, KeyError, TypeError, ValueError):
        return Heard(number)


def _told(number: str, row: ProductRow) -> Heard:
    kind = row["type"]
    if kind == GROUPED:
        return _NOTHING
    if kind == _VARIATION:
        return Heard(number, variant=pulled_variant(row))
    return Heard(number, product=pulled_product(row, (), {}))
