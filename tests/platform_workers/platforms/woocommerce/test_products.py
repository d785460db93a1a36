"""Pushing products to the simulated shop."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from platform_workers.platforms.woocommerce.catalog import EAN, item, listed, price, rich, shirt, simple
from platform_workers.platforms.woocommerce.conftest import Shop

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import HttpAnswer
from pixee_workers.sync_base.calls import HttpRequest


async def test_a_new_simple_product_arrives_with_its_price_and_stock(shop: Shop) -> None:
    [outcome] = await shop.push(item(rich("TEE", variant={"ean": EAN}), quantity=7, cost=price("19.90", "25")))
    made = shop.by_sku("TEE")
    assert outcome.kind is OutcomeKind.APPLIED
    assert (outcome.created, outcome.carried_price, outcome.carried_stock, outcome.warnings) == (True, True, True, ())
    assert (made["regular_price"], made["sale_price"], made["stock_quantity"]) == ("25.00", "19.90", 7)
    assert (made["global_unique_id"], made["status"], made["weight"]) == (EAN, "publish", "0.2")
    assert outcome.linked.product is not None
    assert outcome.linked.product.external_id == str(made["id"])
    assert list(outcome.linked.variants.values()) == [outcome.linked.product]
    assert set(outcome.linked.product.refs["images"]) == {  # type: ignore[arg-type]
        "https://img.example/front.jpg",
        "https://img.example/back.jpg",
    }


async def test_an_update_carries_neither_price_nor_stock_and_sends_pictures_by_their_ids(shop: Shop) -> None:
    first = item(rich("TEE"))
    [created] = await shop.push(first)
    shop.by_sku("TEE")["stock_quantity"] = 3
    media = len(shop.store.media)
    [outcome] = await shop.push(listed(item(rich("TEE", names={"fr": "Neuf"}), quantity=99), created.linked))
    made = shop.by_sku("TEE")
    assert (outcome.kind, outcome.created, outcome.carried_stock) == (OutcomeKind.APPLIED, False, False)
    assert (made["name"], made["stock_quantity"], made["regular_price"]) == ("Neuf", 3, "19.90")
    assert len(shop.store.media) == media
    assert outcome.linked.product == created.linked.product


async def test_a_hundred_simple_products_are_one_call(shop: Shop) -> None:
    outcomes = await shop.push(*(item(simple(f"P{number}")) for number in range(100)))
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.APPLIED}
    assert shop.writes() == ["POST /products/batch"]
    assert len(shop.products) == 100


async def test_a_variable_product_arrives_with_its_variations_and_is_published_last(shop: Shop) -> None:
    [outcome] = await shop.push(item(shirt()))
    parent = shop.by_sku("SHIRT")
    small = shop.by_sku("SHIRT-S")
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    assert (parent["type"], parent["status"], small["parent_id"]) == ("variable", "publish", parent["id"])
    assert (small["regular_price"], small["stock_quantity"]) == ("19.90", 5)
    assert {listing.parent_external_id for listing in outcome.linked.variants.values()} == {str(parent["id"])}
    assert len(outcome.linked.variants) == 3
    assert shop.writes()[-3:] == [
        "POST /products/batch",
        "POST /products/{product_id}/variations/batch",
        "POST /products/batch",
    ]


async def test_pushing_twice_changes_nothing(shop: Shop) -> None:
    one, many = item(rich("TEE")), item(shirt())
    first = await shop.push(one, many)
    before = [{**row, "date_modified_gmt": None} for row in shop.products]
    again = await shop.push(listed(one, first[0].linked), listed(many, first[1].linked))
    assert [outcome.linked for outcome in again] == [outcome.linked for outcome in first]
    assert [{**row, "date_modified_gmt": None} for row in shop.products] == before


async def test_categories_brands_tags_and_options_are_made_once_and_found_again_by_a_new_worker(shop: Shop) -> None:
    await shop.push(item(rich("TEE")))
    terms = {name: [term["name"] for term in rows.values()] for name, rows in shop.store.terms.items()}
    assert terms["categories"] == ["Uncategorized", "Vêtements", "Hommes", "Soldes"]
    assert (terms["brands"], terms["tags"]) == (["Maison &amp; Fils"], ["été", "lin"])
    shop.context.memory.clear()
    written = len(shop.writes())
    await shop.push(item(rich("TEE2")))
    assert shop.writes()[written:] == ["POST /products/batch"]
    assert shop.by_sku("TEE2")["categories"] == shop.by_sku("TEE")["categories"]


async def test_a_category_that_somebody_else_made_meanwhile_is_used(shop: Shop) -> None:
    await shop.push(item(simple("OTHER", categories=(("Autre",),))))
    context = shop.context
    made = context.memory.pop("category:0:autre")
    await shop.push(item(simple("TEE", categories=(("Autre",),))))
    assert context.memory["category:0:autre"] == made
    assert shop.by_sku("TEE")["categories"] == [made]


async def test_ids_of_terms_are_asked_for_again_after_a_quarter_of_an_hour(shop: Shop) -> None:
    one = simple("TEE", categories=(("Autre",),))
    [made] = await shop.push(item(one))
    shop.store.terms["categories"].popitem()
    shop.context.now = lambda: datetime.now(UTC) + timedelta(minutes=16)  # type: ignore[method-assign]
    await shop.push(listed(item(one), made.linked))
    [category] = shop.by_sku("TEE")["categories"]
    assert shop.store.terms["categories"][category]["name"] == "Autre"


async def test_one_bad_product_fails_alone(shop: Shop) -> None:
    await shop.push(item(simple("TAKEN")))
    clash = simple("MINE", variant={"sku": "TAKEN"})
    outcomes = await shop.push(item(simple("A")), item(clash), item(simple("B")))
    assert [one.kind for one in outcomes] == [OutcomeKind.APPLIED, OutcomeKind.NEEDS_REVIEW, OutcomeKind.APPLIED]
    assert outcomes[1].reason is ReasonCode.BELONGS_TO_ANOTHER


async def test_a_sku_that_the_merchant_made_by_hand_exists_and_is_then_updated(shop: Shop) -> None:
    one = item(simple("TEE"))
    [made] = await shop.push(one)
    shop.by_sku("TEE")["meta_data"] = []
    [outcome] = await shop.push(one)
    assert (outcome.kind, outcome.linked.product) == (OutcomeKind.EXISTS, made.linked.product)
    [again] = await shop.push(listed(one, outcome.linked))
    assert (again.kind, len(shop.products)) == (OutcomeKind.APPLIED, 1)


async def test_a_product_in_the_trash_is_found_there_and_comes_back(shop: Shop) -> None:
    one = item(simple("TEE"))
    await shop.push(one)
    shop.by_sku("TEE")["status"] = "trash"
    [outcome] = await shop.push(one)
    assert outcome.kind is OutcomeKind.EXISTS
    found = (await shop.adapter.find(Operation.PUSH_PRODUCTS, [one], shop.context))[one.id]
    assert found is not None
    assert found.linked == outcome.linked
    await shop.push(listed(one, found.linked))
    assert shop.by_sku("TEE")["status"] == "publish"


async def test_an_ean_that_another_product_has_is_left_out_with_a_warning(shop: Shop) -> None:
    outcomes = await shop.push(item(simple("A", variant={"ean": EAN})), item(simple("B", variant={"ean": EAN})))
    assert [one.kind for one in outcomes] == [OutcomeKind.APPLIED, OutcomeKind.APPLIED]
    assert [notice.reason for notice in outcomes[1].warnings] == [ReasonCode.EAN_DUPLICATE]
    assert [row["global_unique_id"] for row in shop.products] == [EAN, ""]
    assert outcomes[1].created


async def test_a_picture_that_the_shop_cannot_fetch_is_left_out_with_a_warning(shop: Shop) -> None:
    shop.set(failing_images=["back"])
    outcomes = await shop.push(item(simple("A")), item(rich("B")))
    assert [one.kind for one in outcomes] == [OutcomeKind.APPLIED, OutcomeKind.APPLIED]
    assert [notice.reason for notice in outcomes[1].warnings] == [ReasonCode.IMAGE_REFUSED]
    assert len(shop.products) == 2


async def test_a_product_with_both_a_shared_ean_and_a_bad_picture_still_arrives(shop: Shop) -> None:
    shop.set(failing_images=["back"])
    outcomes = await shop.push(item(simple("A", variant={"ean": EAN})), item(rich("B", variant={"ean": EAN})))
    assert outcomes[1].kind is OutcomeKind.APPLIED
    assert {notice.reason for notice in outcomes[1].warnings} == {ReasonCode.EAN_DUPLICATE, ReasonCode.IMAGE_REFUSED}


async def test_a_picture_removed_at_the_shop_is_sent_anew(shop: Shop) -> None:
    one = item(rich("TEE"))
    [made] = await shop.push(one)
    shop.store.media.clear()
    [outcome] = await shop.push(listed(one, made.linked))
    assert (outcome.kind, outcome.warnings) == (OutcomeKind.APPLIED, ())
    assert len(shop.store.media) == 2


async def test_a_product_removed_at_the_shop_is_forgotten_and_comes_again(shop: Shop) -> None:
    one = item(simple("TEE"))
    [made] = await shop.push(one)
    shop.store.drop(shop.by_sku("TEE"))
    [outcome] = await shop.push(listed(one, made.linked))
    assert made.linked.product is not None
    assert (outcome.kind, outcome.reason) == (OutcomeKind.TRANSIENT, ReasonCode.NOT_FOUND_AT_SHOP)
    assert outcome.linked.gone == (made.linked.product.external_id,)


async def test_a_shop_without_brands_gets_the_product_without_one(shop: Shop) -> None:
    shop.fault(kind="status", status=400, match={"operation": "POST /products/brands"})
    [outcome] = await shop.push(item(rich("TEE")))
    assert outcome.kind is OutcomeKind.APPLIED
    assert [(one.reason, one.field) for one in outcome.warnings] == [(ReasonCode.MISSING_MAPPING, "brand")]


@pytest.mark.parametrize(
    ("status", "wire", "visibility"),
    [("active", "publish", "visible"), ("draft", "draft", "visible"), ("archived", "private", "hidden")],
)
async def test_the_status_becomes_status_and_visibility(shop: Shop, status: str, wire: str, visibility: str) -> None:
    await shop.push(item(simple("TEE", status=status)), item(shirt("MANY", status=status)))
    assert {(row["status"], row["catalog_visibility"]) for row in shop.products if not row["parent_id"]} == {
        (wire, visibility)
    }


# --- faults ---------------------------------------------------------------------------------------------------------


async def test_a_lost_answer_to_a_create_is_ambiguous_and_the_product_is_found(shop: Shop) -> None:
    one, many = item(rich("TEE")), item(shirt())
    shop.fault(kind="reset_after_commit", match={"operation": "POST /products/batch"}, times=1)
    with pytest.raises(PlatformFault) as raised:
        await shop.push(one, many)
    assert raised.value.kind is FaultKind.AMBIGUOUS
    found = await shop.adapter.find(Operation.PUSH_PRODUCTS, [one, many], shop.context)
    media = len(shop.store.media)
    linked = [found[one.id], found[many.id]]
    assert all(hit is not None and hit.ours for hit in linked)
    outcomes = await shop.push(*(listed(i, h.linked) for i, h in zip((one, many), linked, strict=True) if h))
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.APPLIED, OutcomeKind.APPLIED]
    assert [row["sku"] for row in shop.products] == ["TEE", "SHIRT", "SHIRT-S", "SHIRT-M", "SHIRT-L"]
    assert shop.by_sku("SHIRT")["status"] == "publish"
    assert len(shop.store.media) == media


async def test_a_lost_answer_to_the_variations_leaves_the_product_linked_and_unknown(shop: Shop) -> None:
    one = item(shirt())
    shop.fault(kind="reset_after_commit", match={"operation": "POST /products/{product_id}/variations/batch"}, times=1)
    [outcome] = await shop.push(one)
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert outcome.linked.product is not None
    [again] = await shop.push(listed(one, outcome.linked))
    assert (again.kind, len(again.linked.variants), len(shop.products)) == (OutcomeKind.APPLIED, 3, 4)


async def test_throttling_after_the_first_write_keeps_what_is_certain(shop: Shop) -> None:
    one, first, second = item(simple("TEE")), item(shirt("A")), item(shirt("B"))
    shop.fault(kind="throttle", match={"operation": "POST /products/{product_id}/variations/batch"}, after=1, times=1)
    outcomes = await shop.push(one, first, second)
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.APPLIED, OutcomeKind.APPLIED, OutcomeKind.TRANSIENT]
    assert outcomes[2].reason is ReasonCode.THROTTLED
    assert outcomes[2].linked.product is not None
    assert shop.by_sku("A")["status"] == "publish"
    assert shop.by_sku("B")["status"] == "draft"


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ({"kind": "throttle", "retry_after": 7.0}, FaultKind.THROTTLED),
        ({"kind": "status", "status": 503}, FaultKind.UNAVAILABLE),
        ({"kind": "status", "status": 502}, FaultKind.AMBIGUOUS),
        ({"kind": "expired_token"}, FaultKind.CREDENTIALS),
        ({"kind": "truncated_body"}, FaultKind.AMBIGUOUS),
    ],
)
async def test_a_fault_of_the_first_write_is_raised(shop: Shop, rule: dict[str, Any], kind: FaultKind) -> None:
    shop.fault(match={"operation": "POST /products/batch"}, **rule)
    with pytest.raises(PlatformFault) as raised:
        await shop.push(item(simple("TEE")))
    assert raised.value.kind is kind
    assert raised.value.retry_after == rule.get("retry_after")


@pytest.mark.parametrize(("number", "kind"), [(2, FaultKind.TOO_BIG), (1, FaultKind.AMBIGUOUS)])
async def test_a_critical_error_makes_batches_smaller_until_one_is_left(
    shop: Shop, number: int, kind: FaultKind
) -> None:
    page = HttpAnswer(500, httpx.Headers(), b"<p>There has been a critical error on this website.</p>", 0.1)
    call = shop.context.call

    async def failing(request: HttpRequest) -> HttpAnswer:
        await call(request)
        fault = shop.adapter.classify(page)
        assert fault is not None
        raise fault

    shop.context.call = failing  # type: ignore[method-assign]
    items = [item(simple(f"P{place}")) for place in range(number)]
    with pytest.raises(PlatformFault) as raised:
        await shop.push(*items)
    assert raised.value.kind is kind
    shop.context.call = call  # type: ignore[method-assign]
    assert {outcome.kind for outcome in await shop.push(*items)} == {OutcomeKind.EXISTS}
    assert len(shop.products) == number


async def test_a_host_that_takes_smaller_batches_is_told_as_too_big(shop: Shop) -> None:
    shop.simulator.put_limits("shop.example", {"batch_items": 2})
    with pytest.raises(PlatformFault) as raised:
        await shop.push(*(item(simple(f"P{number}")) for number in range(3)))
    assert raised.value.kind is FaultKind.TOO_BIG
