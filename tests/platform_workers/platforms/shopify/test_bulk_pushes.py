"""push_products of many products by a bulk mutation, against the simulated shop: file, operation, result, what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from platform_workers.platforms.shopify.catalog import item, listed, mapped, price, rich, shirt, simple
from platform_workers.platforms.shopify.conftest import Shop

from pixee_common.domain.faults import PlatformFault
from pixee_common.domain.job import Operation
from pixee_common.domain.product import Attribute
from pixee_workers.platforms.shopify import bulk_pushes
from pixee_workers.sync_base.items import Action, ProductItem
from pixee_workers.sync_base.outcomes import Linked, Outcome, RemoteJob
from pixee_workers.sync_base.upload_contract import Collected, Uploaded, UploadFile
from pixee_workers.sync_base.uploads.filing import making

PRODUCTS = Operation.PUSH_PRODUCTS


class Filed:
    """Items in a file. `refs`: item to its number there; `outcomes`: of those that are not in it."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        self._shop = shop
        self._folder = folder
        self.refs: dict[UUID, int] = {}
        self.kept: dict[str, Any] = {}
        self.outcomes: dict[UUID, Outcome] = {}

    @contextmanager
    def _file(self, ready: Any) -> Iterator[UploadFile]:
        adapter, settings = self._shop.adapter, self._shop.context.settings
        with making(self._folder, adapter.frame(PRODUCTS, settings), most_records=99, most_bytes=10**7) as file:
            for one in ready.items:
                self.refs[one.item.id] = file.records + 1
                self.kept[str(one.item.id)] = adapter.kept(PRODUCTS, one)
                file.put(adapter.record(PRODUCTS, one, file.records + 1, settings))
            yield file.finish(uuid4())

    async def uploaded(self, *items: ProductItem) -> Uploaded:
        shop = self._shop
        ready = await shop.adapter.completed(
            PRODUCTS, [mapped(one, shop.context.settings) for one in items], shop.context
        )
        self.outcomes = {one.item_id: one for one in ready.outcomes}
        with self._file(ready) as file:
            uploaded = await shop.adapter.upload(PRODUCTS, file, shop.context)
            assert [path for path in self._folder.iterdir() if path != file.path] == []
            return uploaded

    async def collected(self, uploaded: Uploaded) -> Collected:
        self._shop.advance(20)
        collected = await self._shop.adapter.collect(PRODUCTS, uploaded, self._shop.context)
        assert collected.done
        return collected

    async def followed(self, collected: Collected, uploaded: Uploaded) -> dict[UUID, Outcome]:
        """Every item's final outcome."""
        verdicts = {item: collected.verdicts.get(ref, collected.unmentioned) for item, ref in self.refs.items()}
        open_ones = tuple(item for item, verdict in verdicts.items() if verdict.kind == "accepted")
        found = dict(self.outcomes)
        for item_id, verdict in verdicts.items():
            found[item_id] = Outcome(item_id, verdict.kind, verdict.reason, verdict.message, verdict.where)
        if open_ones:
            follow = collected.follow_up
            job = RemoteJob(follow.kind, uploaded.remote_id, open_ones, {"kept": self.kept}, 1.0, 60.0)
            result = await self._shop.adapter.poll(job, self._shop.context)
            assert result.done
            found |= {one.item_id: one for one in result.outcomes}
        return found

    async def pushed(self, *items: ProductItem) -> list[Outcome]:
        uploaded = await self.uploaded(*items)
        found = await self.followed(await self.collected(uploaded), uploaded)
        return [found[one.id] for one in items]


@pytest.fixture
def filed(shop: Shop, tmp_path: Path) -> Filed:
    return Filed(shop, tmp_path)


def labels(shop: Shop) -> list[str]:
    return [call.label for call in shop.context.calls]


def kinds(outcomes: list[Outcome]) -> list[str]:
    return [one.kind.value for one in outcomes]


def linked(one: ProductItem, outcome: Outcome) -> ProductItem:
    assert outcome.kind == "applied", outcome
    return listed(one, outcome.linked)


async def test_products_are_created_with_everything_that_a_call_would_send_and_linked(shop: Shop, filed: Filed):
    items = [item(simple("A")), item(rich("B"), cost=price("19.90", "24.90")), item(shirt("C"))]
    outcomes = await filed.pushed(*items)
    assert kinds(outcomes) == ["applied"] * 3
    assert all(one.created and one.carried_stock and one.carried_price for one in outcomes)
    assert [len(one.linked.variants) for one in outcomes] == [1, 1, 3]
    for one, outcome in zip(items, outcomes, strict=True):
        by_call = await shop.pushed(linked(one, outcome))
        assert by_call.listing.external_id == outcome.linked.product.external_id
    assert len(shop.products) == 3
    assert shop.variant("B").compare_at_price == "24.90"


async def test_a_file_and_a_call_leave_the_same_in_the_listing(shop: Shop, filed: Filed):
    (by_file,) = await filed.pushed(item(rich("B")))
    by_call = await shop.pushed(item(rich("D")))
    assert by_file.linked.product.refs.keys() == by_call.listing.refs.keys()
    assert by_file.linked.product.refs["media"].keys() == by_call.listing.refs["media"].keys()
    (variant,) = by_file.linked.variants.values()
    assert variant.refs["inventory_item"]


async def test_an_update_touches_neither_price_nor_quantity_and_asks_for_nothing_that_is_known(
    shop: Shop, filed: Filed
):
    one = await shop.pushed(item(simple("A")))
    variant = shop.variant("A")
    variant.price = "1.00"
    shop.context.calls.clear()
    changed = listed(one, _nothing(one), simple("A", names={"en": "Other", "fr": "Autre"}))
    (outcome,) = await filed.pushed(changed)
    assert outcome.kind == "applied"
    assert not outcome.carried_stock
    assert shop.products[0].title == "Autre"
    assert shop.variant("A").price == "1.00"
    assert "writtenProducts" not in labels(shop)


def _nothing(one: ProductItem) -> Any:
    return Linked(product=one.listing, variants={entry.id: entry.listing for entry in one.variants})


async def test_attributes_of_a_product_that_is_there_are_set_and_those_of_other_apps_stay(shop: Shop, filed: Filed):
    one = await shop.pushed(item(simple("A")))
    foreign = type(shop.products[0].metafields[0])(1, "other", "key", "single_line_text_field", "x", "PRODUCT", 0, 0)
    shop.products[0].metafields.append(foreign)
    (outcome,) = await filed.pushed(
        listed(one, _nothing(one), simple("A", attributes=(Attribute(code="Farbe", values={"fr": ("rot",)}),)))
    )
    assert outcome.kind == "applied", outcome
    values = {(field.namespace, field.value) for field in shop.products[0].metafields}
    assert {("other", "x"), ("pixee", "rot")} <= values


async def test_results_are_matched_by_line_and_only_the_guilty_one_is_rejected(shop: Shop, filed: Filed):
    planted = {"operation": "productSet", "match": "B", "code": "INVALID_PRODUCT", "field": ["input", "title"]}
    shop.set(planted_errors=[planted])
    outcomes = await filed.pushed(*(item(simple(key)) for key in "ABC"))
    assert kinds(outcomes) == ["applied", "rejected", "applied"]
    assert (outcomes[1].reason, outcomes[1].field) == ("invalid_value", "title")
    assert {one.title for one in shop.products} == {item(simple(key)).product.names["fr"] for key in "AC"}


@pytest.mark.parametrize(("code", "kind"), [("GENERIC_ERROR", "transient"), ("NOT_FOUND", "transient")])
async def test_what_may_go_well_once_more_comes_again(shop: Shop, filed: Filed, code: str, kind: str):
    shop.set(planted_errors=[{"operation": "productSet", "match": "B", "code": code}])
    outcomes = await filed.pushed(*(item(simple(key)) for key in "AB"))
    assert kinds(outcomes) == ["applied", kind]


async def test_a_failed_operation_tells_of_what_it_shows_and_leaves_the_rest_unknown(shop: Shop, filed: Filed):
    shop.limit(bulk_fails=1)
    outcomes = await filed.pushed(*(item(simple(key)) for key in "ABCD"))
    assert kinds(outcomes) == ["applied", "applied", "unknown", "unknown"]


async def test_a_failed_operation_that_shows_nothing_leaves_everything_unknown(shop: Shop, filed: Filed):
    shop.limit(bulk_fails=1)
    assert kinds(await filed.pushed(item(simple("A")))) == ["unknown"]


async def test_withdrawals_go_by_call_beside_the_file_and_may_be_repeated(shop: Shop, filed: Filed):
    gone, kept = await shop.pushed(item(simple("GONE"))), await shop.pushed(item(simple("KEPT")))
    shop.context.calls.clear()
    deleted = _withdrawn(gone, Action.DELETE)
    outcomes = await filed.pushed(deleted, _withdrawn(kept, Action.UNPUBLISH), item(simple("NEW")))
    assert kinds(outcomes) == ["applied"] * 3
    assert {(one.title, one.status) for one in shop.products} == {("Produit KEPT", "DRAFT"), ("Produit NEW", "ACTIVE")}
    again = await shop.adapter.completed(PRODUCTS, [mapped(deleted)], shop.context)
    assert [one.kind for one in again.outcomes] == ["applied"]


def _withdrawn(one: ProductItem, action: Action) -> ProductItem:
    return replace(one, action=action)


async def test_a_price_in_another_currency_is_refused_before_the_file(shop: Shop, filed: Filed):
    shop.configure(currency=None)
    outcomes = await filed.pushed(item(simple("A")), item(simple("B"), cost=price(currency="USD")))
    assert kinds(outcomes) == ["applied", "rejected"]
    assert outcomes[1].reason == "currency_mismatch"


async def test_while_one_file_runs_the_next_waits(shop: Shop, filed: Filed, tmp_path: Path):
    uploaded = await filed.uploaded(item(simple("A")))
    with pytest.raises(PlatformFault) as caught:
        await Filed(shop, tmp_path).uploaded(item(simple("B")))
    assert (caught.value.kind, caught.value.retry_after) == ("throttled", 15.0)
    assert labels(shop).count("stagedUploadsCreate") == 1
    await filed.collected(uploaded)
    await Filed(shop, tmp_path).uploaded(item(simple("B")))


async def test_a_place_that_another_process_took_is_waited_for_too(shop: Shop, filed: Filed, tmp_path: Path):
    shop.limit(bulk_mutations=1)
    await filed.uploaded(item(simple("A")))
    shop.context.memory.clear()
    with pytest.raises(PlatformFault) as caught:
        await Filed(shop, tmp_path).uploaded(item(simple("B")))
    assert caught.value.kind == "throttled"


async def test_a_file_whose_operation_still_runs_is_asked_for_later(shop: Shop, filed: Filed):
    uploaded = await filed.uploaded(item(simple("A")))
    collected = await shop.adapter.collect(PRODUCTS, uploaded, shop.context)
    assert not collected.done
    assert collected.poll_in_seconds > 0


async def test_a_product_that_vanished_before_its_ids_were_read_is_made_anew(shop: Shop, filed: Filed):
    uploaded = await filed.uploaded(item(simple("A")))
    collected = await filed.collected(uploaded)
    (product,) = shop.products
    shop.store.unindex(product)
    (outcome,) = (await filed.followed(collected, uploaded)).values()
    assert (outcome.kind, outcome.reason) == ("transient", "not_found_at_shop")


async def test_the_storage_is_told_nothing_of_the_token(shop: Shop, filed: Filed):
    await filed.pushed(item(simple("A")))
    (sent,) = [call for call in shop.context.calls if call.label == "stagedUpload"]
    assert "X-Shopify-Access-Token" not in sent.headers


def test_what_is_kept_of_an_item_is_small():
    values: Mapping[str, Any] = {"variables": {"input": "x" * 9999}, "key": "A", "written": {}, "sets": []}
    one = mapped(item(simple("A")))
    assert bulk_pushes.kept(type(one)(one.item, values)) == {"key": "A", "written": {}, "sets": []}


async def test_products_of_a_file_are_published_when_it_is_done(shop: Shop, filed: Filed):
    shop.configure(extra={"publications": "Online Store"})
    assert kinds(await filed.pushed(item(simple("A")), item(simple("B")))) == ["applied"] * 2
    assert [one.publications for one in shop.products] == [[71_000_001]] * 2


async def test_products_of_a_file_are_translated_when_it_is_done_with_few_calls(shop: Shop, filed: Filed):
    shop.set(locales=[{"locale": "fr", "primary": True}, {"locale": "de"}])
    shop.configure(extra={"translated_locales": "de"})
    names = [{"fr": f"Produit {number}", "de": f"Ware {number}"} for number in range(25)]
    items = [item(simple(f"P{number}", names=one)) for number, one in enumerate(names)]
    outcomes = await filed.pushed(*items, item(simple("PLAIN")))
    assert kinds(outcomes) == ["applied"] * 26
    there = {one.title: [text.value for text in one.translations] for one in shop.products}
    assert there == {one["fr"]: [one["de"]] for one in names} | {"Produit PLAIN": []}
    asked = labels(shop)
    assert [asked.count(name) for name in ("translatableResources", "translations")] == [1, 3]
    shop.context.calls.clear()
    same = [linked(one, outcome) for one, outcome in zip(items, outcomes, strict=False)]
    assert kinds(await filed.pushed(*same)) == ["applied"] * 25
    assert not {"translatableResources", "translations"} & set(labels(shop))


async def test_a_refused_translation_fails_its_own_product_alone(shop: Shop, filed: Filed):
    shop.set(
        locales=[{"locale": "fr", "primary": True}, {"locale": "de"}],
        planted_errors=[{"operation": "translationsRegister", "match": "B", "code": "INVALID"}],
    )
    shop.configure(extra={"translated_locales": "de"})
    outcomes = await filed.pushed(*(item(simple(key, names={"fr": key, "de": f"{key} de"})) for key in "ABC"))
    assert kinds(outcomes) == ["applied", "rejected", "applied"]
    assert all(one.linked.product is not None for one in outcomes)
