"""What the database knows of a page is found key by key, also while the statistics know nothing of the catalog."""

from uuid import uuid4

import pytest

from pixee_orchestrator.catalog.pulls import facts
from pixee_orchestrator.catalog.writing import CLEAR_STOCK

pytestmark = pytest.mark.stack

WHOLE = ("Seq Scan on", "_pages", "BitmapAnd")
"""A table, or an index of a whole account, that is read for every key."""


async def test_no_statement_of_a_page_reads_the_whole_account_when_it_was_never_analysed(world) -> None:
    account = await world.account()
    connector = await world.connector(account)
    products = await world.products(account, 4000)
    await world.execute(
        "INSERT INTO listings (connector_id, item_id, kind, account_id, product_id, shop_identity, external_id, state) "
        "SELECT $1, id, 'product', $2, id, 's', id::text, 'confirmed' FROM products",
        *(connector, account),
    )
    await world.execute(
        "INSERT INTO seen_values (connector_id, account_id, item_id, values) SELECT $1, $2, id, '{}' FROM products",
        *(connector, account),
    )
    await world.execute(
        "INSERT INTO stock (account_id, variant_id, location, quantity) SELECT $1, id, 'default', 1 FROM variants",
        account,
    )
    names = [f"P-{product}" for product in products[:100]]
    variants = [row["id"] for row in await world.rows("SELECT id FROM variants LIMIT 100")]
    asked = {
        "LISTED": (facts.LISTED, connector, names),
        "BY_KEY": (facts.BY_KEY, account, names),
        "BY_SKU": (facts.BY_SKU, account, names),
        "PRODUCTS": (facts.PRODUCTS, products[:100], connector),
        "VARIANTS": (facts.VARIANTS, products[:100], connector, str(uuid4()), str(uuid4())),
        "STOCK": (facts.STOCK, variants),
        "SEEN": (facts.SEEN, connector, products[:100]),
        "CLEAR_STOCK": (CLEAR_STOCK, variants),
    }
    for name, (statement, *arguments) in asked.items():
        plan = "\n".join(row[0] for row in await world.rows(f"EXPLAIN {statement}", *arguments))
        plan = "\n".join(line for line in plan.splitlines() if "price_list" not in line)
        assert not [word for word in WHOLE if word in plan], f"{name}:\n{plan}"
