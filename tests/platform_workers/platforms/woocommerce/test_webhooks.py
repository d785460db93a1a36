"""What a WooCommerce webhook says, in the words of a pull."""

import base64
import hashlib
import hmac

import orjson
import pytest

from pixee_workers.platforms.woocommerce.webhooks import hear
from pixee_workers.sync_base.webhook_contract import Delivery, Heard

SECRET = "s3cret"
PRODUCT = {
    "id": 7, "type": "simple", "status": "publish", "name": "Tee &amp; Co", "description": "<p>Soft</p>\n", "sku": "T",
    "regular_price": "20", "sale_price": "15", "price": "15", "on_sale": True, "manage_stock": True, "stock_quantity": 3,
    "categories": [{"id": 9, "name": "Tees"}], "meta_data": [{"key": "_pixee_id", "value": "P-1"}],
}  # fmt: skip


def heard(body: object, topic: str = "product.updated") -> Heard | None:
    raw = orjson.dumps(body)
    signature = base64.b64encode(hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()).decode()
    return hear(Delivery(topic, signature, raw), SECRET)


def test_a_simple_product_is_told_with_its_figures() -> None:
    told = heard(PRODUCT)
    assert told is not None
    assert told.product is not None
    assert (told.external_id, told.gone, told.variant) == ("7", False, None)
    assert (told.product.our_key, told.product.title, told.product.status) == ("P-1", "Tee & Co", "active")
    [variant] = told.product.variants
    assert (variant.external_id, variant.price, variant.compare_at_price, variant.quantity) == ("7", "15", "20", 3)


def test_a_variable_product_is_told_without_its_variations_and_a_variation_alone() -> None:
    parent = heard(PRODUCT | {"type": "variable", "price": "15", "variations": [70, 71]})
    assert parent is not None
    assert parent.product is not None
    assert parent.product.variants == ()
    variation = heard(PRODUCT | {"id": 70, "type": "variation", "parent_id": 7})
    assert variation is not None
    assert variation.variant is not None
    assert (variation.external_id, variation.product, variation.variant.quantity) == ("70", None, 3)


@pytest.mark.parametrize(
    ("body", "topic"), [({"id": 7}, "product.deleted"), (PRODUCT | {"status": "trash"}, "product.updated")]
)
def test_what_went_to_the_trash_is_gone(body: object, topic: str) -> None:
    assert heard(body, topic) == Heard("7", gone=True)


@pytest.mark.parametrize("body", [PRODUCT | {"type": "grouped"}, {"id": 3, "type": "simple"}])
def test_what_no_pull_brings_is_nothing(body: dict[str, object]) -> None:
    topic = "product.updated" if body["type"] == "grouped" else "order.updated"
    assert heard(body, topic) == Heard(None)


@pytest.mark.parametrize("body", [{"id": 7}, {"id": 7, "type": "simple", "meta_data": ["?"]}, {"id": 7, "type": "simple", "images": 3}])  # fmt: skip
def test_what_cannot_be_read_is_still_told_as_something(body: object) -> None:
    assert heard(body) == Heard("7")
