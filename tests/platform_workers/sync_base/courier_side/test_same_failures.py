"""Which failures are the same failure, and what lifts a quarantine."""

from decimal import Decimal

import pytest
from platform_workers.sync_base.courier_side.fake_platform import FakeAdapter, fault, outcome_for

from pixee_common.domain.faults import FaultKind, FaultScope
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.failures import failure_class

PRODUCTS, STOCK, PRICES = Operation.PUSH_PRODUCTS, Operation.PUSH_STOCK, Operation.PUSH_PRICES
BAD = ReasonCode.INVALID_VALUE


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Title is too long (maximum is 255)", "title  is too long (maximum is 260)", True),
        ("Failed (request 5f1c-09ab at 2026-11-24T12:00:03Z)", "Failed (request 77aa-1b2c at 2026-11-25T08:59:00Z)", True),
        ("Title is too long", "Title is missing", False),
        ("", None, True),
    ],
)  # fmt: skip
def test_messages_are_alike_when_only_words_with_digits_differ(one, other, same) -> None:
    assert (failure_class(BAD, one) == failure_class(BAD, other)) is same


def test_another_reason_is_another_failure_and_a_slow_platform_is_no_fault_of_the_item() -> None:
    assert failure_class(BAD, "x") != failure_class(ReasonCode.MISSING_FIELD, "x")
    assert failure_class(ReasonCode.VERDICT_OVERDUE, "x") is None
    assert failure_class(ReasonCode.NOT_FOUND_AT_SHOP, "x") is not None


@pytest.fixture
async def refusing(bench):
    """A bench whose shop refuses everything, and what is noted of the failure of one item."""
    b = await bench()
    b.adapter.judge = lambda item: outcome_for(item, OutcomeKind.REJECTED, BAD)

    async def failed(operation, item):
        result = await b.push(operation, [item], write=False)
        assert result.letters == "r"
        (row,) = result.operations
        assert (row.failure, row.failure_message) == (BAD, "because")
        return row

    async def hold(row):
        """As the outcome writer leaves it after the third time."""
        await b.rows.run(
            "INSERT INTO listing_operations AS o (connector_id, item_id, operation, account_id, catalog_version, failures,"
            " failure_reason, failure_message, failure_class, failure_hash) VALUES ($1, $2, $3, $4, $5, 3, $6, $7, $8, $9)"
            " ON CONFLICT (connector_id, item_id, operation) DO UPDATE SET failures = 3, catalog_version = $5, failure_hash = $9,"
            " failure_message = $7",
            b.rows.connector, row.item_id, row.operation.value, b.rows.account, row.catalog_version, row.failure.value,
            row.failure_message, row.failure_class, row.failure_hash,
        )  # fmt: skip
        b.restart()

    async def held(operation, item) -> bool:
        """Whether it is held back, at zero calls and with what it failed of."""
        calls = len(b.shop.seen)
        result = await b.push(operation, [item], write=False)
        if result.letters != "q":
            return False
        assert len(b.shop.seen) == calls
        assert not result.operations
        assert result.issues[0].message == "It failed three times in the same way: because"
        return True

    b.failed, b.hold, b.held = failed, hold, held
    return b


@pytest.mark.stack
async def test_the_same_is_held_and_new_content_or_another_adapter_are_tried(refusing) -> None:
    b = refusing
    product, _ = await b.rows.add_product("A")
    row = await b.failed(PRODUCTS, product)
    assert (await b.failed(PRODUCTS, product)) == row, "the same failure"
    await b.hold(row)
    assert await b.held(PRODUCTS, product)
    b.adapter.manifest = b.adapter.manifest.model_copy(update={"version": "2"})
    b.restart()
    assert not await b.held(PRODUCTS, product), "another adapter"
    await b.hold(await b.failed(PRODUCTS, product))
    await b.rows.set_title(product, "Corrected")
    assert not await b.held(PRODUCTS, product), "another content"


@pytest.mark.stack
async def test_a_create_is_tried_again_when_the_price_that_it_carries_has_changed_and_not_for_a_quantity(
    refusing,
) -> None:
    b = refusing
    product, (variant,) = await b.rows.add_product("A")
    await b.hold(await b.failed(PRODUCTS, product))
    await b.rows.set_stock(variant, 77)
    assert await b.held(PRODUCTS, product)
    await b.rows.run("UPDATE variants SET base_price = $2 WHERE id = $1", variant, Decimal("12.34"))
    assert not await b.held(PRODUCTS, product)


@pytest.mark.stack
async def test_stock_that_is_held_back_holds_back_neither_product_nor_price(refusing) -> None:
    b = refusing
    product, (variant,) = await b.rows.add_product("A")
    await b.rows.list_item(product, product, "product", "p-A")
    await b.rows.list_item(variant, product, "variant", "v-A")
    await b.hold(await b.failed(STOCK, variant))
    b.adapter.judge = lambda item: None
    assert await b.held(STOCK, variant)
    assert (await b.push(PRODUCTS, [product], write=False)).letters == "a"
    assert (await b.push(PRICES, [variant], write=False)).letters == "a"
    await b.rows.set_stock(variant, 3)
    assert (await b.push(STOCK, [variant], write=False)).letters == "a"


@pytest.mark.stack
async def test_what_is_refused_for_all_or_before_any_call_is_not_counted_against_the_item(bench) -> None:
    b = await bench()
    product, _ = await b.rows.add_product("A")
    unmapped, _ = await b.rows.add_product("B", title="refuse")
    b.adapter.faults.append(fault(FaultKind.REFUSED, FaultScope.CONNECTOR, ReasonCode.REFUSED_BY_PLATFORM))
    result = await b.push(PRODUCTS, [product, unmapped], write=False)
    assert result.letters == "rr"
    assert [(row.failure_class, row.failure_hash) for row in result.operations] == [(None, None)] * 2


@pytest.mark.stack
async def test_an_object_that_a_look_up_finds_to_be_anothers_is_counted(bench) -> None:
    adapter = FakeAdapter()
    adapter.manifest = adapter.manifest.model_copy(
        update={
            "capabilities": {
                **adapter.manifest.capabilities,
                PRODUCTS: adapter.manifest.capabilities[PRODUCTS].model_copy(update={"look_up_new": True}),
            }
        }
    )
    b = await bench(adapter)
    product, _ = await b.rows.add_product("A")

    async def refuse(*_given):
        raise fault(FaultKind.REFUSED, FaultScope.ITEM, BAD)

    adapter.find = refuse
    result = await b.push(PRODUCTS, [product], write=False)
    assert result.letters == "r"
    assert result.operations[0].failure_class == failure_class(BAD, "fault refused")
