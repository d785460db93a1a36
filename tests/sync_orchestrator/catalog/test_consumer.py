"""`catalog.changed` on real PostgreSQL: what is applied, what is dropped with a record, what goes to the dead letters, and how fast."""

import random
import time
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from pixee_common.clock import SystemClock
from pixee_common.delivery.dead_letters import DeadLetterBox
from pixee_common.domain.product import Option, Product, StockLevel, Variant
from pixee_common.events import CatalogChanged
from pixee_common.events.catalog import ListPrice, PriceChanged, ProductDeleted, ProductUpserted, StockChanged
from pixee_common.messaging.consuming import Received
from pixee_common.messaging.topics import CATALOG_CHANGED
from pixee_orchestrator.catalog.consumer import MOST_AT_ONCE, CatalogConsumer

pytestmark = pytest.mark.stack


class Teller:
    """Tells changes to the consumer as Kafka would."""

    def __init__(self, consumer: CatalogConsumer, account: UUID) -> None:
        self.consumer = consumer
        self.account = account
        self._offset = 0

    def message(self, change, sequence: int, source: str = "pim", account: UUID | None = None) -> Received:
        event = CatalogChanged(
            account_id=account or self.account,
            source=source,
            sequence=sequence,
            occurred_at=datetime.now(UTC),
            change=change,
        )
        return self.raw(event.body())

    def raw(self, body: bytes) -> Received:
        self._offset += 1
        return Received(CATALOG_CHANGED, 0, self._offset, b"k", body, {})

    async def tell(self, *changes, first: int = 1, source: str = "pim") -> None:
        await self.consumer.handle([self.message(c, first + n, source) for n, c in enumerate(changes)])


@pytest.fixture
async def teller(world, database) -> Teller:
    box = DeadLetterBox(database, SystemClock(), source="test")
    return Teller(CatalogConsumer(database, box), await world.account())


def _product(key: str, *skus: str, name: str = "Chair", **variant) -> Product:
    skus = skus or (key,)
    options = (Option(name="Size", values=tuple(skus)),) if len(skus) > 1 else ()
    return Product(
        key=key,
        names={"en": name},
        options=options,
        variants=tuple(Variant(sku=s, options={"Size": s} if options else {}, **variant) for s in skus),
    )


async def _record(world, entity: str) -> tuple[int, str]:
    row = (await world.rows("SELECT sequence, status FROM catalog_sequences WHERE entity = $1", entity))[0]
    return row["sequence"], row["status"]


async def test_a_product_is_made_with_its_variants_prices_and_stock_and_counted(world, teller) -> None:
    priced = {
        "base_price": Decimal("9.90"),
        "currency": "EUR",
        "stock": (StockLevel(quantity=3),),
        "ean": "4006381333931",
    }
    await teller.tell(
        ProductUpserted(product=_product("A", **priced)), ProductUpserted(product=_product("B", "B-1", "B-2"))
    )
    assert await world.value("SELECT product_count FROM accounts WHERE id = $1", teller.account) == 2
    row = (await world.rows("SELECT * FROM variants WHERE sku = 'A'"))[0]
    assert (row["base_price"], row["currency"], row["ean_key"], row["price_origin"]) == (
        Decimal("9.9000"), "EUR", "4006381333931", "pim",
    )  # fmt: skip
    assert await world.value("SELECT quantity FROM stock WHERE variant_id = $1", row["id"]) == 3
    content = await world.value("SELECT content FROM products WHERE key = 'B'")
    assert (
        Product.model_validate({**content, "key": "B", "variants": [{"sku": "x", "options": {"Size": "B-1"}}]}).key
        == "B"
    )


async def test_an_equal_snapshot_changes_no_version_and_says_unchanged(world, teller) -> None:
    await teller.tell(ProductUpserted(product=_product("A")))
    before = await world.rows("SELECT content_version, updated_at FROM products")
    await teller.tell(ProductUpserted(product=_product("A")), first=2)
    assert await world.rows("SELECT content_version, updated_at FROM products") == before
    assert await _record(world, "product:A") == (2, "unchanged")


async def test_only_the_aspect_that_changed_gets_a_new_version(world, teller) -> None:
    full = {"base_price": Decimal(5), "currency": "EUR", "stock": (StockLevel(quantity=1),)}
    await teller.tell(ProductUpserted(product=_product("A", **full)))
    sql = "SELECT p.content_version AS content, v.price_version AS price, v.stock_version AS stock FROM products p JOIN variants v ON v.product_id = p.id"
    first = (await world.rows(sql))[0]
    await teller.tell(ProductUpserted(product=_product("A", **(full | {"base_price": Decimal(6)}))), first=2)
    second = (await world.rows(sql))[0]
    assert (second["content"], second["stock"]) == (first["content"], first["stock"])
    assert second["price"] > first["price"]
    await teller.tell(ProductUpserted(product=_product("A", name="Stool")), first=3)  # no price, no stock: kept
    third = (await world.rows(sql))[0]
    assert (third["price"], third["stock"]) == (second["price"], second["stock"])
    assert third["content"] > second["content"]
    assert await world.value("SELECT base_price FROM variants") == 6


async def test_an_older_change_is_dropped_with_a_record_and_a_repeated_one_silently(world, teller) -> None:
    await teller.tell(ProductUpserted(product=_product("A", name="New")), first=5)
    await teller.tell(ProductUpserted(product=_product("A", name="New")), first=5)
    assert await _record(world, "product:A") == (5, "applied")
    await teller.tell(ProductUpserted(product=_product("A", name="Old")), first=4)
    assert await _record(world, "product:A") == (5, "stale")
    assert (await world.value("SELECT content FROM products"))["names"] == {"en": "New"}
    await teller.tell(ProductUpserted(product=_product("A", name="Other")), first=1, source="import:x")
    assert (await world.value("SELECT content FROM products"))["names"] == {"en": "Other"}


async def test_the_last_of_several_changes_of_one_product_in_a_batch_wins(world, teller) -> None:
    await teller.tell(*(ProductUpserted(product=_product("A", name=name)) for name in ("one", "two", "three")))
    assert (await world.value("SELECT content FROM products"))["names"] == {"en": "three"}
    assert await world.value("SELECT product_count FROM accounts WHERE id = $1", teller.account) == 1


async def test_a_sku_of_another_product_is_refused_and_the_rest_of_the_batch_is_taken(world, teller) -> None:
    await teller.tell(
        ProductUpserted(product=_product("A", "S")),
        ProductUpserted(product=_product("B", "S")),
        ProductUpserted(product=_product("C")),
    )
    assert [row["key"] for row in await world.rows("SELECT key FROM products ORDER BY key")] == ["A", "C"]
    assert await _record(world, "product:B") == (2, "refused")
    letter = (await world.rows("SELECT reason, message, account_id FROM dead_letters"))[0]
    assert (letter["reason"], letter["account_id"]) == ("sku_duplicate", teller.account)
    assert "S" in letter["message"]
    await teller.tell(ProductDeleted(key="A"), first=9)
    await teller.tell(ProductUpserted(product=_product("B", "S")), first=2)  # the dead letter, replayed
    assert await _record(world, "product:B") == (2, "applied")


async def test_a_sku_may_move_to_a_later_product_of_the_batch(world, teller) -> None:
    await teller.tell(ProductUpserted(product=_product("A", "S", "T")))
    await teller.tell(ProductUpserted(product=_product("A", "T")), ProductUpserted(product=_product("B", "S")), first=2)
    rows = await world.rows(
        "SELECT p.key, v.sku FROM variants v JOIN products p ON p.id = v.product_id WHERE v.deleted_at IS NULL"
    )
    assert {(row["key"], row["sku"]) for row in rows} == {("A", "T"), ("B", "S")}


async def test_a_deleted_product_leaves_a_tombstone_and_comes_back_with_the_same_ids(world, teller) -> None:
    await teller.tell(ProductUpserted(product=_product("A")))
    before = (await world.rows("SELECT p.id, v.id AS variant FROM products p JOIN variants v ON v.product_id = p.id"))[
        0
    ]
    await teller.tell(ProductDeleted(key="A"), first=2)
    row = (
        await world.rows(
            "SELECT p.deleted_at, v.deleted_at AS also FROM products p JOIN variants v ON v.product_id = p.id"
        )
    )[0]
    assert row["deleted_at"] == row["also"] is not None
    assert await world.value("SELECT product_count FROM accounts WHERE id = $1", teller.account) == 0
    await teller.tell(ProductDeleted(key="A"), first=3)
    assert await _record(world, "product:A") == (3, "unchanged")
    await teller.tell(ProductUpserted(product=_product("A")), first=4)
    after = (
        await world.rows(
            "SELECT p.id, v.id AS variant FROM products p JOIN variants v ON v.product_id = p.id WHERE v.deleted_at IS NULL AND p.deleted_at IS NULL"
        )
    )[0]
    assert dict(after) == dict(before)
    assert await world.value("SELECT product_count FROM accounts WHERE id = $1", teller.account) == 1


async def test_stock_of_all_locations_is_replaced_and_an_unknown_sku_is_set_aside(world, teller) -> None:
    await teller.tell(ProductUpserted(product=_product("A")))
    both = (StockLevel(location="north", quantity=1), StockLevel(location="south", quantity=-2))
    await teller.tell(StockChanged(sku="A", levels=both), StockChanged(sku="nobody", levels=both))
    await teller.tell(StockChanged(sku="A", levels=both[:1]), first=7)
    assert [tuple(row) for row in await world.rows("SELECT location, quantity FROM stock")] == [("north", 1)]
    assert await _record(world, "stock:nobody") == (2, "refused")
    assert await world.value("SELECT count(*) FROM dead_letters") == 1
    version = await world.value("SELECT stock_version FROM variants")
    await teller.tell(StockChanged(sku="A", levels=both[:1]), first=8)
    assert await world.value("SELECT stock_version FROM variants") == version


async def test_a_moment_without_an_offset_is_utc_wherever_the_service_runs(world, teller, monkeypatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        await teller.tell(ProductUpserted(product=_product("A")))
        listed = ListPrice.model_validate(
            {
                "price_list": "web",
                "channel": "web",
                "currency": "EUR",
                "amount": "8",
                "valid_from": "2026-12-01T00:00:00",
            }
        )
        await teller.tell(PriceChanged(sku="A", list_prices=(listed,)))
        assert await world.value("SELECT valid_from FROM price_lists") == datetime(2026, 12, 1, tzinfo=UTC)
        await teller.tell(PriceChanged(sku="A", list_prices=(listed,)), first=2)
        assert await _record(world, "price:A") == (2, "unchanged")
    finally:
        monkeypatch.undo()
        time.tzset()


async def test_prices_make_their_price_lists_and_a_list_never_changes_its_currency(world, teller) -> None:
    await teller.tell(ProductUpserted(product=_product("A")), ProductUpserted(product=_product("B")))
    listed = ListPrice(price_list="web", channel="web", currency="EUR", amount=Decimal(8))
    await teller.tell(
        PriceChanged(
            sku="A", currency="EUR", base_price=Decimal(10), compare_at_price=Decimal(12), list_prices=(listed,)
        ),
        PriceChanged(sku="B", list_prices=(listed.model_copy(update={"currency": "USD"}),)),
    )
    row = (await world.rows("SELECT base_price, compare_at_price, currency FROM variants WHERE sku = 'A'"))[0]
    assert tuple(row) == (10, 12, "EUR")
    assert [
        tuple(r)
        for r in await world.rows(
            "SELECT l.key, l.currency, i.price FROM price_lists l JOIN price_list_items i ON i.price_list_id = l.id"
        )
    ] == [("web", "EUR", 8)]
    assert await _record(world, "price:B") == (2, "refused")
    version = await world.value("SELECT price_version FROM variants WHERE sku = 'A'")
    await teller.tell(PriceChanged(sku="A", list_prices=(listed,)), first=5)
    assert await world.value("SELECT price_version FROM variants WHERE sku = 'A'") == version


async def test_what_nobody_can_read_goes_to_the_dead_letters_and_our_own_announcements_are_passed_over(
    world, teller
) -> None:
    good = ProductUpserted(product=_product("A"))
    misspelt = teller.message(good, 1).value.replace(b'"names"', b'"nmaes"')
    await teller.consumer.handle([
        teller.raw(b"\xff not json"),
        teller.raw(misspelt),
        teller.message(good, 1, account=uuid4()),
        teller.message(good, 1, source=f"pull:{uuid4()}"),
        teller.message(ProductUpserted(product=_product("Z")), 1),
    ])  # fmt: skip
    reasons = [row["reason"] for row in await world.rows("SELECT reason FROM dead_letters ORDER BY id")]
    assert reasons == ["unreadable", "unreadable", "unknown_account"]
    assert [row["key"] for row in await world.rows("SELECT key FROM products")] == ["Z"]


async def test_many_changes_of_one_sku_in_a_batch_are_taken_in_order(world, teller) -> None:
    await teller.tell(ProductUpserted(product=_product("A")))
    base = {"currency": "EUR", "base_price": Decimal(3)}
    await teller.tell(
        *(StockChanged(sku="A", levels=(StockLevel(quantity=n),)) for n in range(1, 6)),
        PriceChanged(sku="A", **base),
        PriceChanged(sku="A", compare_at_price=Decimal(9)),
        StockChanged(sku="A", levels=(StockLevel(location="north", quantity=8),)),
        first=2,
    )
    assert [tuple(row) for row in await world.rows("SELECT location, quantity FROM stock")] == [("north", 8)]
    assert await _record(world, "stock:A") == (9, "applied")
    row = (await world.rows("SELECT base_price, compare_at_price FROM variants"))[0]
    assert tuple(row) == (3, 9)


async def test_a_late_change_beside_a_newer_one_in_the_same_batch_is_dropped_with_a_record(world, teller) -> None:
    await teller.tell(ProductUpserted(product=_product("A")))
    newer, older = (StockChanged(sku="A", levels=(StockLevel(quantity=n),)) for n in (7, 6))
    repeated = teller.message(newer, 9)
    await teller.consumer.handle([repeated, teller.message(older, 8), repeated])
    assert await world.value("SELECT quantity FROM stock") == 7
    assert await _record(world, "stock:A") == (9, "stale")


@pytest.mark.parametrize("seed", range(3))
async def test_a_batch_ends_where_its_changes_one_by_one_would(world, teller, seed) -> None:
    """Two accounts are told the same; one in a single batch, the other change by change."""
    dice = random.Random(seed)
    shapes = [("P", "A"), ("P", "A", "B"), ("Q", "B"), ("Q", "C", "D"), ("R", "D", "E")]
    changes = []
    for n in range(120):
        sku = dice.choice("ABCDE")
        changes.append(
            dice.choice(
                [
                    StockChanged(sku=sku, levels=(StockLevel(location=dice.choice("nm"), quantity=n),)),
                    PriceChanged(sku=sku, currency="EUR", base_price=Decimal(n + 1)),
                    ProductUpserted(product=_product(*dice.choice(shapes), name=f"Name {n}")),
                    ProductDeleted(key=dice.choice("PQR")),
                ]
            )
        )
    alone = Teller(teller.consumer, await world.account())
    await teller.tell(*changes)
    for n, change in enumerate(changes):
        await alone.tell(change, first=n + 1)
    assert await _live(world, teller.account) == await _live(world, alone.account)


async def _live(world, account) -> list[tuple]:
    """Products with their variants' SKUs and content, as a shop would be told of them."""
    rows = await world.rows(
        "SELECT p.key, p.content ->> 'names' AS names, array_agg(v.sku ORDER BY v.sku) AS skus FROM products p "
        "LEFT JOIN variants v ON v.product_id = p.id AND v.deleted_at IS NULL "
        "WHERE p.account_id = $1 AND p.deleted_at IS NULL GROUP BY 1, 2 ORDER BY 1",
        account,
    )
    return [tuple(row) for row in rows]


async def test_a_batch_as_large_as_batches_get_tells_that_more_is_waiting(teller) -> None:
    assert not teller.consumer.is_behind()
    passed_over = teller.message(StockChanged(sku="A", levels=(StockLevel(quantity=1),)), 1, source=f"pull:{uuid4()}")
    await teller.consumer.handle([passed_over] * MOST_AT_ONCE)
    assert teller.consumer.is_behind()
    await teller.tell(StockChanged(sku="A", levels=(StockLevel(quantity=1),)))
    assert not teller.consumer.is_behind()
