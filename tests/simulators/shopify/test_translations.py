"""Languages of a shop and translations of products: digests, refusals, what becomes outdated; scopes."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
import pytest
from simulators.shopify.conftest import HOST, Shop, simple

LOCALES = "{ shopLocales { locale primary published } }"
CONTENT = """query C($id: ID!) { translatableResource(resourceId: $id) { resourceId
  translatableContent { key value digest locale }
  translations(locale: "de") { key value locale outdated updatedAt } } }"""
SOME = """query S($ids: [ID!]!) { translatableResourcesByIds(resourceIds: $ids, first: 10) { nodes { resourceId } }
  translatableResources(resourceType: PRODUCT, first: 10) { nodes { resourceId } } }"""
REGISTER = """mutation R($id: ID!, $t: [TranslationInput!]!) { translationsRegister(resourceId: $id, translations: $t) {
  translations { key locale value outdated } userErrors { code field message } } }"""
REMOVE = """mutation X($id: ID!, $k: [String!]!, $l: [String!]!) {
  translationsRemove(resourceId: $id, translationKeys: $k, locales: $l) {
    translations { key locale } userErrors { code field } } }"""
PUBLISHED = 'query P($id: ID!) { product(id: $id) { translations(locale: "de") { key value } } }'
NOWHERE = "gid://shopify/Product/1"


@pytest.fixture
async def german(shop: Shop) -> Shop:
    await shop.settings(locales=[{"locale": "en", "primary": True}, {"locale": "de"}])
    return shop


async def content(shop: Shop, product: str) -> Any:
    return (await shop.data(CONTENT, id=product))["translatableResource"]


async def digest(shop: Shop, product: str, key: str = "title") -> str:
    return next(one["digest"] for one in (await content(shop, product))["translatableContent"] if one["key"] == key)


def text(digest: str, **changes: str) -> dict[str, str]:
    return {"locale": "de", "key": "title", "value": "Becher", "translatableContentDigest": digest} | changes


async def register(shop: Shop, product: str, *given: dict[str, str]) -> Any:
    return (await shop.data(REGISTER, id=product, t=list(given)))["translationsRegister"]


async def test_a_shop_without_settings_has_one_language(shop: Shop):
    assert (await shop.data(LOCALES))["shopLocales"] == [{"locale": "en", "primary": True, "published": True}]


async def test_what_can_be_translated_has_a_digest_and_what_is_empty_has_none(german: Shop):
    product = (await german.made(simple(descriptionHtml="<p>Mug</p>")))["id"]
    found = {one["key"]: one for one in (await content(german, product))["translatableContent"]}
    assert found["title"]["digest"] == hashlib.sha256(b"Mug 1").hexdigest()
    assert (found["body_html"]["value"], found["body_html"]["locale"]) == ("<p>Mug</p>", "en")
    assert (found["meta_title"]["value"], found["meta_title"]["digest"]) == (None, None)
    assert await content(german, NOWHERE) is None


async def test_several_products_are_read_at_once_and_unknown_ones_left_out(german: Shop):
    one, two = [(await german.made(simple(number)))["id"] for number in (1, 2)]
    found = await german.data(SOME, ids=[two, NOWHERE])
    assert found["translatableResourcesByIds"]["nodes"] == [{"resourceId": two}]
    assert found["translatableResources"]["nodes"] == [{"resourceId": one}, {"resourceId": two}]


async def test_a_translation_is_registered_replaced_and_removed(german: Shop):
    product = (await german.made(simple()))["id"]
    given = text(await digest(german, product))
    for value in ("Becher", "Tasse"):
        payload = await register(german, product, given | {"value": value})
        assert payload["translations"] == [{"key": "title", "locale": "de", "value": value, "outdated": False}]
    assert (await german.data(PUBLISHED, id=product))["product"]["translations"] == [{"key": "title", "value": "Tasse"}]
    for gone in ([{"key": "title", "locale": "de"}], []):
        payload = (await german.data(REMOVE, id=product, k=["title"], l=["de"]))["translationsRemove"]
        assert payload == {"translations": gone, "userErrors": []}
    assert await german.violations() == []


async def test_a_changed_text_makes_its_translation_outdated_and_the_old_digest_useless(german: Shop):
    made = await german.made(simple(handle="mug"), {"handle": "mug"})
    old = await digest(german, made["id"])
    await register(german, made["id"], text(old))
    await german.made(simple(handle="mug", title="Cup"), {"handle": "mug"})
    (there,) = (await content(german, made["id"]))["translations"]
    assert (there["value"], there["outdated"]) == ("Becher", True)
    (error,) = (await register(german, made["id"], text(old)))["userErrors"]
    assert error["code"] == "INVALID_TRANSLATABLE_CONTENT"
    await register(german, made["id"], text(await digest(german, made["id"])))
    assert not (await content(german, made["id"]))["translations"][0]["outdated"]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"locale": "fr"}, "INVALID_LOCALE_FOR_SHOP", "locale"),
        ({"locale": "en"}, "INVALID_LOCALE_FOR_SHOP", "locale"),
        ({"key": "vendor"}, "INVALID_KEY_FOR_MODEL", "key"),
        ({"translatableContentDigest": "0"}, "INVALID_TRANSLATABLE_CONTENT", "translatableContentDigest"),
        ({"value": " "}, "BLANK", "value"),
        ({"value": "x" * 256}, "FAILS_RESOURCE_VALIDATION", "value"),
    ],
)
async def test_one_wrong_translation_is_named_and_none_is_written(german: Shop, changes, code: str, field: str):
    product = (await german.made(simple()))["id"]
    good = text(await digest(german, product))
    payload = await register(german, product, good, good | changes)
    assert payload["translations"] is None
    assert [(one["code"], one["field"]) for one in payload["userErrors"]] == [(code, ["translations", "1", field])]
    assert (await content(german, product))["translations"] == []


async def test_what_does_not_exist_or_is_too_much_is_refused(german: Shop):
    product = (await german.made(simple()))["id"]
    given = text(await digest(german, product))
    assert (await register(german, NOWHERE, given))["userErrors"][0]["code"] == "RESOURCE_NOT_FOUND"
    assert (await register(german, product, *[given] * 101))["userErrors"][0]["code"] == "TOO_MANY_KEYS_FOR_RESOURCE"
    for keys, locales, code in (
        (["title"], ["fr"], "INVALID_LOCALE_FOR_SHOP"),
        (["x"], ["de"], "INVALID_KEY_FOR_MODEL"),
    ):
        payload = (await german.data(REMOVE, id=product, k=keys, l=locales))["translationsRemove"]
        assert [one["code"] for one in payload["userErrors"]] == [code]


async def test_a_language_that_is_not_published_is_translated_and_not_shown(german: Shop):
    await german.settings(locales=[{"locale": "en", "primary": True}, {"locale": "de", "published": False}])
    product = (await german.made(simple()))["id"]
    assert (await register(german, product, text(await digest(german, product))))["userErrors"] == []
    assert len((await content(german, product))["translations"]) == 1
    assert (await german.data(PUBLISHED, id=product))["product"]["translations"] == []


@pytest.mark.parametrize(("document", "scope"), [(LOCALES, "read_locales"), (CONTENT, "read_translations")])
async def test_each_has_its_scope(german: Shop, document: str, scope: str):
    product = (await german.made(simple()))["id"]
    await german.settings(scopes=["write_products"])
    (error,) = (await german.ask(document, id=product))["errors"]
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert scope in error["message"]
    await german.settings(scopes=["write_products", scope.replace("read", "write")])
    await german.data(document, id=product)


async def test_translations_survive_a_restart(german: Shop):
    product = (await german.made(simple()))["id"]
    await register(german, product, text(await digest(german, product)))
    simulator = german.simulator
    there = simulator.shops[HOST]
    kept = orjson.loads(orjson.dumps(simulator.freeze_state(there.state), option=orjson.OPT_NON_STR_KEYS))
    there.state = simulator.thaw_state(HOST, there.settings, kept)
    assert (await content(german, product))["translations"][0]["value"] == "Becher"
