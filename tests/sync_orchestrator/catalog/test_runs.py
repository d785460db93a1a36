"""A batch is applied in few runs, and nothing that depends on an order loses it."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pixee_common.domain.product import Option, Product, StockLevel, Variant
from pixee_common.events import CatalogChanged
from pixee_common.events.catalog import Change, PriceChanged, ProductDeleted, ProductUpserted, StockChanged
from pixee_common.messaging.consuming import Received
from pixee_orchestrator.catalog.changes import Incoming
from pixee_orchestrator.catalog.runs import runs


def _stock(sku: str) -> Change:
    return StockChanged(sku=sku, levels=(StockLevel(quantity=1),))


def _price(sku: str) -> Change:
    return PriceChanged(sku=sku, currency="EUR", base_price=Decimal(1))


def _product(key: str, *skus: str) -> Change:
    options = (Option(name="Size", values=skus),) if len(skus) > 1 else ()
    variants = tuple(Variant(sku=sku, options={"Size": sku} if options else {}) for sku in skus)
    return ProductUpserted(product=Product(key=key, names={"en": key}, options=options, variants=variants))


def _batch(*changes: Change) -> list[Incoming]:
    return [
        Incoming(
            CatalogChanged(
                account_id=UUID(int=1), source="pim", sequence=n, occurred_at=datetime.now(UTC), change=change
            ),
            Received("t", 0, n, None, b"", {}),
        )
        for n, change in enumerate(changes)
    ]


def _skus(change: Change) -> set[str]:
    if isinstance(change, ProductUpserted):
        return {variant.sku for variant in change.product.variants}
    return set() if isinstance(change, ProductDeleted) else {change.sku}


def _depend(one: Incoming, other: Incoming) -> bool:
    a, b = one.event.change, other.event.change
    both_products = not any(isinstance(c, StockChanged | PriceChanged) for c in (a, b))
    same_kind = a.action == b.action or "upsert" in {a.action, b.action}
    return both_products or (same_kind and bool(_skus(a) & _skus(b)))


changes = st.one_of(
    st.sampled_from("ABCD").map(_stock),
    st.sampled_from("ABCD").map(_price),
    st.sampled_from([("P", "A"), ("P", "A", "B"), ("Q", "B"), ("Q", "C", "D"), ("R", "D")]).map(lambda p: _product(*p)),
    st.sampled_from("PQR").map(lambda key: ProductDeleted(key=key)),
)


@given(st.lists(changes, max_size=40))
def test_every_change_is_in_one_run_of_its_kind_and_behind_what_it_depends_on(given_changes) -> None:
    batch = _batch(*given_changes)
    cut = list(runs(batch))
    assert all(len({one.event.change.action for one in run}) == 1 for run in cut)
    order = [one.event.sequence for run in cut for one in run]
    assert sorted(order) == list(range(len(batch)))
    place = {sequence: n for n, sequence in enumerate(order)}
    for earlier, one in enumerate(batch):
        for later in range(earlier + 1, len(batch)):
            if _depend(one, batch[later]):
                assert place[earlier] < place[later]


@given(st.lists(changes, max_size=40))
def test_a_product_comes_once_in_a_run(given_changes) -> None:
    for run in runs(_batch(*given_changes)):
        names = [one.entity for one in run if one.event.change.action in {"upsert", "delete"}]
        assert len(names) == len(set(names))


def test_mixed_stock_and_prices_are_two_runs_and_products_that_name_other_skus_are_a_third() -> None:
    mixed = [
        change for n in range(100) for change in (_stock(f"S{n % 7}"), _price(f"S{n % 5}"), _product(f"N{n}", f"N{n}"))
    ]
    assert [len(run) for run in runs(_batch(*mixed))] == [100, 100, 100]


def test_stock_for_a_sku_that_its_product_gives_up_in_the_same_batch_goes_first() -> None:
    kinds = [run[0].event.change.action for run in runs(_batch(_product("P", "A"), _stock("B")))]
    assert kinds == ["stock", "upsert"]
