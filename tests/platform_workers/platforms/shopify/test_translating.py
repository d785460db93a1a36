"""Translations of the products that the adapter writes, against the simulated shop."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
from platform_workers.platforms.shopify.catalog import item, listed, mapped, shirt, simple, values
from platform_workers.platforms.shopify.conftest import Shop

from pixee_common.domain.faults import PlatformFault
from pixee_common.domain.job import Operation
from pixee_simulators.shopify import translations as shop_side
from pixee_workers.platforms.shopify import manifest, translating, user_errors
from pixee_workers.platforms.shopify.user_errors import Step
from pixee_workers.sync_base.items import ProductItem
from pixee_workers.sync_base.outcomes import Linked, RemoteJob

LOCALES = [{"locale": "fr", "primary": True}, {"locale": "de"}, {"locale": "pt-PT", "published": False}]
NAMES = {"fr": "Chemise", "de": "Hemd", "pt": "Camisa"}
ROAD = ["productSet", "translatableResources", "translations"]


@pytest.fixture
def world(shop: Shop) -> Shop:
    shop.set(locales=LOCALES)
    naming(shop, "de, pt=pt-PT")
    return shop


def naming(shop: Shop, languages: str) -> None:
    shop.configure(extra={"translated_locales": languages})


def labels(shop: Shop) -> list[str]:
    return [call.label for call in shop.context.calls]


def there(shop: Shop, place: int = 0) -> dict[tuple[str, str], str]:
    return {(one.locale, one.key): one.value for one in shop.products[place].translations}


def outdated(shop: Shop) -> list[str]:
    (product,) = shop.products
    sources = {"title": product.title, "body_html": product.description_html}
    return [one.key for one in product.translations if one.digest != shop_side.digest(sources[one.key])]


def again(one: ProductItem, **changes: object) -> ProductItem:
    known = Linked(one.listing, {entry.id: entry.listing for entry in one.variants if entry.listing is not None})
    return listed(one, known, simple(one.product.key, **changes))


async def test_without_the_setting_translations_are_left_alone_and_nothing_is_asked(shop: Shop):
    shop.set(locales=LOCALES)
    await shop.pushed(item(simple("A", names=NAMES)))
    assert there(shop) == {}
    assert not {"shopLocales", "translatableResources", "translations"} & set(labels(shop))


async def test_a_new_product_is_translated_into_every_language_that_is_named(world: Shop):
    one = await world.pushed(item(simple("A", names=NAMES, descriptions={"fr": "Lin", "de": "Leinen"})))
    assert there(world) == {("de", "title"): "Hemd", ("de", "body_html"): "Leinen", ("pt-PT", "title"): "Camisa"}
    assert labels(world)[-3:] == ROAD
    assert one.listing is not None
    assert one.listing.refs["translations"]["keys"] == {"de": ["body_html", "title"], "pt-PT": ["title"]}


async def test_a_product_without_further_texts_costs_no_further_call(world: Shop):
    await world.pushed(item(simple("A")))
    assert labels(world)[-1] == "productSet"
    assert "shopLocales" not in labels(world)


async def test_a_second_push_maps_to_the_same_values_and_a_change_elsewhere_costs_the_product_alone(world: Shop):
    one = await world.pushed(item(simple("A", names=NAMES)))
    assert values(one, world.context.settings) == values(item(simple("A", names=NAMES)), world.context.settings)
    world.context.calls.clear()
    two = await world.pushed(again(one, names=NAMES, tags=("new",)))
    assert labels(world) == ["productSet"]
    assert two.listing is not None
    assert two.listing.refs["translations"] == one.listing.refs["translations"]


async def test_long_texts_go_in_several_calls(world: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(translating, "_SIGNS", 50)
    long = {"fr": "Lin", "de": "L" * 40, "pt": "P" * 60}
    await world.pushed(item(simple("A", names=NAMES, descriptions=long)))
    assert labels(world).count("translations") == 2
    assert len(there(world)) == 4


async def test_a_changed_translation_is_registered_over_the_old_one(world: Shop):
    one = await world.pushed(item(simple("A", names=NAMES)))
    world.context.calls.clear()
    await world.pushed(again(one, names=NAMES | {"de": "Oberhemd"}))
    assert there(world) == {("de", "title"): "Oberhemd", ("pt-PT", "title"): "Camisa"}
    assert labels(world) == ROAD


async def test_a_changed_text_of_the_products_own_leaves_no_translation_outdated(world: Shop):
    one = await world.pushed(item(simple("A", names=NAMES)))
    world.products[0].title = "Changed at the shop"
    assert outdated(world) == ["title", "title"]
    await world.pushed(again(one, names=NAMES | {"fr": "Blouse"}))
    assert world.products[0].title == "Blouse"
    assert outdated(world) == []


async def test_what_vanished_is_removed_and_what_others_translated_stays(world: Shop):
    texts = {"fr": "Lin", "de": "Leinen"}
    one = await world.pushed(item(simple("A", names=NAMES, descriptions=texts)))
    foreign = type(world.products[0].translations[0])("de", "product_type", "Kleidung", "0", 0)
    world.products[0].translations.append(foreign)
    two = await world.pushed(again(one, names={"fr": "Chemise", "de": "Hemd"}, descriptions={"fr": "Lin"}))
    assert there(world) == {("de", "title"): "Hemd", ("de", "product_type"): "Kleidung"}
    last = await world.pushed(again(two, names={"fr": "Chemise"}))
    assert there(world) == {("de", "product_type"): "Kleidung"}
    world.context.calls.clear()
    await world.pushed(again(last, names={"fr": "Blouse"}))
    assert labels(world) == ["productSet"]


async def test_a_language_taken_out_of_the_setting_is_removed_and_an_empty_setting_leaves_all_alone(world: Shop):
    one = await world.pushed(item(simple("A", names=NAMES)))
    naming(world, "de")
    two = await world.pushed(again(one, names=NAMES))
    assert there(world) == {("de", "title"): "Hemd"}
    naming(world, "")
    three = await world.pushed(again(two, names=NAMES | {"fr": "Blouse"}))
    assert there(world) == {("de", "title"): "Hemd"}
    naming(world, "de")
    await world.pushed(again(three, names={"fr": "Blouse"}))
    assert there(world) == {}


async def test_a_language_that_the_shop_lacks_is_a_warning_that_names_it_and_the_product_goes(world: Shop):
    naming(world, "de, nl, fr")
    given = item(simple("A", names={"fr": "Chemise", "de": "Hemd", "nl": "Hemd"}))
    (outcome,) = await world.push(given)
    assert outcome.kind == "applied"
    dutch, own = outcome.warnings
    assert (dutch.reason, dutch.field) == ("missing_mapping", "translated_locales")
    assert "no language nl" in dutch.message
    assert "(de, pt-PT)" in dutch.message
    assert "fr is the shop's own language" in own.message
    assert there(world) == {("de", "title"): "Hemd"}


async def test_a_language_that_was_added_meanwhile_is_seen_after_a_minute(world: Shop):
    naming(world, "nl")
    one = await world.pushed(item(simple("A", names={"fr": "Chemise", "nl": "Hemd"})))
    world.set(locales=[*LOCALES, {"locale": "nl"}])
    two = await world.pushed(again(one, names={"fr": "Blouse", "nl": "Hemd"}))
    assert there(world) == {}
    assert labels(world).count("shopLocales") == 1
    known = world.context.memory["languages"]
    world.context.memory["languages"] = type(known)(known.own, known.others, known.at - timedelta(seconds=61))
    (outcome,) = await world.push(again(two, names={"fr": "Blouse", "nl": "Hemd"}, tags=("new",)))
    assert (outcome.kind, outcome.warnings) == ("applied", ())
    assert there(world) == {("nl", "title"): "Hemd"}


async def test_a_language_that_vanished_under_us_comes_again_as_a_warning(world: Shop):
    one = await world.pushed(item(simple("A", names=NAMES)))
    world.set(locales=[LOCALES[0], LOCALES[2]])
    changed = again(one, names=NAMES | {"de": "Oberhemd"})
    (outcome,) = await world.push(changed)
    assert (outcome.kind, outcome.reason, outcome.field) == ("transient", "missing_mapping", "translated_locales")
    (outcome,) = await world.push(listed(changed, outcome.linked))
    assert outcome.kind == "applied"
    assert "no language de" in outcome.warnings[0].message


async def test_a_refused_text_leaves_the_product_linked_and_a_retry_doubles_nothing(world: Shop):
    planted = {"operation": "translationsRegister", "match": "A", "code": "FAILS_RESOURCE_VALIDATION", "times": 1}
    world.set(planted_errors=[planted | {"field": ["translations", "0", "value"], "message": "too long"}])
    given = item(simple("A", names=NAMES))
    (outcome,) = await world.push(given)
    assert (outcome.kind, outcome.reason, outcome.field) == ("rejected", "invalid_value", "names")
    assert "title in de" in (outcome.message or "")
    assert outcome.created
    assert outcome.linked.product is not None
    await world.pushed(listed(given, outcome.linked))
    assert len(world.products) == 1
    assert there(world) == {("de", "title"): "Hemd", ("pt-PT", "title"): "Camisa"}


async def test_what_may_stand_there_after_a_refusal_is_still_removed_later(world: Shop):
    one = await world.pushed(item(simple("A", names=NAMES)))
    world.set(planted_errors=[{"operation": "translationsRegister", "match": "A", "code": "INVALID", "times": 1}])
    changed = again(one, names={"fr": "Chemise", "de": "Oberhemd"})
    (outcome,) = await world.push(changed)
    assert outcome.kind == "rejected"
    await world.pushed(again(listed(changed, outcome.linked), names={"fr": "Chemise"}))
    assert there(world) == {}


CODES = [
    code
    for code, verdict in user_errors.TRANSLATE.items()
    if verdict.step in {Step.REJECT, Step.AGAIN, Step.FORGET_IDS}
]


@pytest.mark.parametrize("code", CODES)
async def test_a_user_error_of_a_translation_becomes_the_products_outcome(world: Shop, code: str):
    verdict = user_errors.TRANSLATE[code]
    world.set(planted_errors=[{"operation": "translationsRegister", "match": "A", "code": code}])
    (outcome,) = await world.push(item(simple("A", names=NAMES)))
    kind = "rejected" if verdict.step is Step.REJECT else "transient"
    assert (outcome.kind, outcome.reason) == (kind, verdict.reason)
    assert outcome.linked.product is not None
    assert code in (outcome.message or "")


@pytest.mark.parametrize("code", sorted(set(user_errors.TRANSLATE) - set(CODES)))
async def test_a_mistake_of_ours_stops_the_operation(world: Shop, code: str):
    world.set(planted_errors=[{"operation": "translationsRegister", "match": "A", "code": code}])
    with pytest.raises(PlatformFault) as caught:
        await world.push(item(simple("A", names=NAMES)))
    assert caught.value.kind == "contract_broken"


async def test_an_answer_that_was_lost_is_repeated_without_doubles(world: Shop):
    world.fault(kind="truncated_body", match={"operation": "translationsRegister"}, times=1)
    given = item(simple("A", names=NAMES))
    with pytest.raises(PlatformFault):
        await world.push(given)
    await world.pushed(given)
    assert len(world.products) == 1
    assert len(world.products[0].translations) == 2


async def test_a_text_that_shopify_does_not_offer_for_translation_is_a_warning_and_the_rest_goes(
    world: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(shop_side._SOURCES, "meta_title", ("template_suffix", "SINGLE_LINE_TEXT_FIELD"))
    given = item(simple("A", names=NAMES, seo_titles={"fr": "Lin", "de": "Leinen"}))
    (outcome,) = await world.push(given)
    assert outcome.kind == "applied"
    (notice,) = outcome.warnings
    assert (notice.reason, notice.field) == ("missing_field", "seo_titles")
    assert there(world) == {("de", "title"): "Hemd", ("pt-PT", "title"): "Camisa"}
    monkeypatch.undo()
    await world.pushed(listed(given, outcome.linked))
    assert there(world)["de", "meta_title"] == "Leinen"


async def test_texts_that_cannot_be_seen_yet_come_again(world: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shop_side, "_product", lambda _context, _text: None)
    given = item(simple("A", names=NAMES))
    (outcome,) = await world.push(given)
    assert (outcome.kind, outcome.reason) == ("transient", "not_found_at_shop")
    monkeypatch.undo()
    await world.pushed(listed(given, outcome.linked))
    assert len(there(world)) == 2


@pytest.mark.parametrize(
    ("scopes", "says"),
    [
        (("read_locales",), "write_translations"),
        (("read_locales", "read_translations"), "write_translations"),
        (("write_translations",), "read_locales"),
    ],
)
async def test_a_missing_permission_stops_the_push_before_anything_is_written(world: Shop, scopes, says: str):
    world.set(scopes=[*manifest.REQUIRED_SCOPES, *scopes])
    with pytest.raises(PlatformFault) as caught:
        await world.push(item(simple("A", names=NAMES)))
    assert (caught.value.scope, caught.value.reason) == ("operation", "permission_missing")
    assert says in caught.value.message
    assert world.products == []


@pytest.mark.parametrize(("named", "missing"), [("", ()), ("de", manifest.TRANSLATION_SCOPES)])
async def test_the_scopes_of_translations_are_needed_where_languages_are_named(world: Shop, named: str, missing: tuple):
    world.set(scopes=list(manifest.REQUIRED_SCOPES))
    naming(world, named)
    assert (await world.adapter.test(world.context)).missing_scopes == missing


async def test_a_large_product_is_translated_when_its_operation_ends(world: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pixee_workers.platforms.shopify.products.SYNCHRONOUS_VARIANTS", 1)
    given = item(shirt("A", names=NAMES))
    submission = await world.adapter.submit(
        Operation.PUSH_PRODUCTS, [mapped(given, world.context.settings)], world.context
    )
    (job,) = submission.remote_jobs
    elsewhere = RemoteJob(**(orjson.loads(orjson.dumps(job)) | {"item_ids": job.item_ids}))
    world.advance(10)
    world.context.memory.clear()
    (outcome,) = (await world.adapter.poll(elsewhere, world.context)).outcomes
    assert outcome.kind == "applied"
    assert there(world)["pt-PT", "title"] == "Camisa"
    assert outcome.linked.product is not None
    assert "translations" in outcome.linked.product.refs
