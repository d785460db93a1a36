"""The mapping alone: pure, stable, complete for an update."""

from dataclasses import replace
from decimal import Decimal

import orjson
import pytest
from platform_workers.platforms.shopify.catalog import EAN, SETTINGS, item, price, refusal, rich, shirt, simple, values

from pixee_common.domain.money import Price
from pixee_common.domain.product import Attribute, Media, Option, Variant
from pixee_workers.platforms.shopify import MANIFEST, mapping, metafields
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.items import Listing


def test_content_holds_neither_price_nor_quantity_nor_an_id_of_the_shop():
    text = orjson.dumps(values(item(shirt()))).decode()
    for word in ("price", "Price", "quantit", "Quantit", "gid:"):
        assert word not in text
    assert values(item(shirt(), quantity=9, cost=price("1.00"))) == values(item(shirt()))


def test_a_product_without_options_has_the_default_one():
    given = values(item(simple()))["input"]
    assert given["productOptions"] == [{"name": "Title", "values": [{"name": "Default Title"}]}]
    assert given["variants"][0]["optionValues"] == [{"optionName": "Title", "name": "Default Title"}]


def test_only_option_values_that_a_variant_has_are_sent():
    product = shirt(sizes=("S", "M"))
    unused = product.model_copy(update={"options": (Option(name="Taille", values=("XS", "S", "M")),)})
    assert [one["name"] for one in values(item(unused))["input"]["productOptions"][0]["values"]] == ["S", "M"]


def test_lists_that_the_product_does_not_have_are_left_out():
    given = values(item(simple()))
    assert not {"tags", "files", "collections", "metafields", "vendor", "seo"} & set(given["input"])
    assert (given["metafields"], given["collections"]) == ([], [])


def test_a_description_that_was_removed_is_cleared():
    assert values(item(simple()))["input"]["descriptionHtml"] == ""


def test_an_ean_is_a_barcode_and_what_is_no_ean_is_never_sent():
    assert values(item(simple(variant={"ean": EAN})))["input"]["variants"][0]["barcode"] == EAN
    bad = values(item(simple(variant={"ean_given": "12345"})))
    assert bad["input"]["variants"][0]["barcode"] is None
    assert "12345" not in orjson.dumps(bad).decode()


def test_texts_are_in_the_connectors_language():
    english = SETTINGS.model_copy(update={"locale": "en-GB"})
    assert values(item(rich()), english)["input"]["title"] == "Shirt"


def test_the_cost_is_sent_in_the_shops_currency_only():
    def cost(currency: str, settings: ConnectorSettings = SETTINGS):
        product = simple(variant={"cost": Decimal("7.5"), "currency": currency})
        return values(item(product), settings)["input"]["variants"][0]["inventoryItem"].get("cost")

    assert cost("EUR") == "7.50"
    assert cost("USD") is None
    assert cost("EUR", SETTINGS.model_copy(update={"currency": None})) is None


def test_a_picture_is_sent_once_although_product_and_variant_have_it():
    product = shirt(media=(Media(url="https://img.example/small.jpg"),))
    files = values(item(product))["input"]["files"]
    assert [one["originalSource"] for one in files] == ["https://img.example/small.jpg"]


@pytest.mark.parametrize(
    ("product", "reason", "field"),
    [
        (simple(names={"fr": " "}), "missing_field", "names"),
        (simple(names={"fr": "x" * 256}), "invalid_value", "names"),
        (simple(tags=tuple(str(n) for n in range(250))), "invalid_value", "tags"),
        (
            simple(
                options=tuple(Option(name=f"O{n}", values=("a",)) for n in range(4)),
                variants=(Variant(sku="S", options={f"O{n}": "a" for n in range(4)}),),
            ),
            "option_limit",
            "options",
        ),
    ],
)
def test_what_shopify_cannot_take_is_refused_before_any_call(product, reason: str, field: str):
    found = refusal(item(product))
    assert (found.reason, found.field) == (reason, field)


def test_a_variant_without_a_price_is_not_created_and_one_that_exists_is_updated():
    one = item(simple())
    bare = replace(one, variants=tuple(replace(variant, price=None) for variant in one.variants))
    assert refusal(bare).reason == "no_price"
    listing = Listing("gid://shopify/ProductVariant/1")
    known = replace(bare, listing=listing, variants=tuple(replace(v, listing=listing) for v in bare.variants))
    assert values(known)["input"]["title"] == "Produit TEE"


def test_a_price_in_another_currency_than_the_connectors_is_refused():
    found = refusal(item(simple(), cost=price("1.00", currency="USD")))
    assert (found.reason, found.field) == ("currency_mismatch", "price")


@pytest.mark.parametrize(("amount", "text"), [("0.1", "0.10"), ("1E+2", "100.00"), ("19.999", "19.999")])
def test_money_is_plain_decimal_text(amount: str, text: str):
    one = item(simple(), cost=Price(amount=Decimal(amount), currency="EUR"))
    assert mapping.create_only(one.variants[0], None) == {"price": text}


@pytest.mark.parametrize("code", ["a", "é", "Matière", "x" * 200, "Größe / Farbe", "日本語", "a_b-c"])
def test_every_attribute_code_becomes_a_key_that_shopify_takes(code: str):
    key = metafields.slug(code)
    assert 2 <= len(key) <= 64
    assert not set(key) - set("abcdefghijklmnopqrstuvwxyz0123456789_-")


def test_codes_that_lose_everything_stay_apart():
    assert metafields.slug("日本語") != metafields.slug("中文字")


def test_a_value_of_several_lines_becomes_one_line():
    (found,) = metafields.of_attributes((Attribute(code="note", values={"fr": ("a\nb",)}),), "fr")
    assert found["value"] == "a b"


@pytest.mark.parametrize(
    "pasted",
    [
        "demo.myshopify.com",
        "https://demo.myshopify.com/",
        "https://demo.myshopify.com/admin/products?x=1",
        "https://admin.shopify.com/store/demo",
        "admin.shopify.com/store/demo/settings",
    ],
)
def test_what_merchants_paste_becomes_the_permanent_domain(pasted: str):
    assert MANIFEST.rewritten("shop_domain", pasted) == "demo.myshopify.com"


@pytest.mark.parametrize(
    "pasted", ["shop.example", "https://evil.example/demo.myshopify.com", "demo.myshopify.com.evil.example"]
)
def test_other_hosts_are_not_rewritten_into_shops(pasted: str):
    assert MANIFEST.rewritten("shop_domain", pasted) == pasted
