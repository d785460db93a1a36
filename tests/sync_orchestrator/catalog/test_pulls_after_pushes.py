"""What a pull makes of values that we wrote since it looked last, and of those that this shop is never sent."""

from uuid import uuid4

import pytest
from sync_orchestrator.catalog.test_pulls import _known, pull, shown

pytestmark = pytest.mark.stack

__all__ = ["pull"]


async def test_a_value_set_back_to_what_the_shop_had_before_our_write_is_taken(world, pull) -> None:
    product = await _known(pull)
    await (await pull.begin()).stage(0, shown("1", price="10", quantity=5))
    await world.execute("UPDATE stock SET quantity = 8")
    variant = await world.value("SELECT id FROM variants WHERE product_id = $1", product)
    await world.execute(
        "INSERT INTO listing_operations (connector_id, item_id, operation, account_id, hash, catalog_version, sent_at)"
        " VALUES ($1, $2, 'push_stock', $3, 'x', 9, now())",
        *(pull.connector, variant, pull.account),
    )
    await (await pull.begin()).stage(0, shown("1", price="10", quantity=5))
    assert await world.value("SELECT quantity FROM stock") == 5


async def test_a_write_whose_answer_was_lost_makes_the_old_value_nobodys_change(world, pull) -> None:
    product = await _known(pull)
    await (await pull.begin()).stage(0, shown("1", price="10", quantity=5))
    await world.execute("UPDATE stock SET quantity = 8")
    variant = await world.value("SELECT id FROM variants WHERE product_id = $1", product)
    await world.execute(
        "INSERT INTO listing_operations (connector_id, item_id, operation, account_id, hash, catalog_version, sent_at)"
        " VALUES ($1, $2, 'push_stock', $3, '', 9, now())",
        *(pull.connector, variant, pull.account),
    )
    await (await pull.begin()).stage(0, shown("1", price="10", quantity=5))
    assert await world.value("SELECT quantity FROM stock") == 8


@pytest.mark.parametrize("where", ["setting", "mapping"])
async def test_what_this_shop_is_not_sent_is_not_taken_from_it(world, pull, where) -> None:
    product = await _known(pull)
    variant = await world.value("SELECT id FROM variants WHERE product_id = $1", product)
    body = {"locations": {"paris": "1"}, "price_list": "sale"}
    await world.execute(
        "INSERT INTO stock (account_id, variant_id, location, quantity) VALUES ($1, $2, 'lyon', 8)",
        pull.account,
        variant,
    )
    if where == "setting":
        body.pop("locations")
        await world.execute("UPDATE connectors SET settings = settings || $1", {"locations": "paris, nice"})
    await world.execute(
        "INSERT INTO mappings (connector_id, account_id, body, version) VALUES ($1, $2, $3, 1)",
        *(pull.connector, pull.account, body),
    )
    await world.execute(
        "WITH l AS (INSERT INTO price_lists (id, account_id, key, channel, currency) VALUES ($1, $2, 'sale', 'c', 'EUR') RETURNING id)"
        " INSERT INTO price_list_items (account_id, price_list_id, variant_id, price) SELECT $2, id, $3, 7 FROM l",
        *(uuid4(), pull.account, variant),
    )
    await (await pull.begin()).stage(0, shown("1", price="7", quantity=0))
    assert await world.value("SELECT quantity FROM stock") == 8
    assert await world.value("SELECT base_price FROM variants") == 10


@pytest.mark.parametrize(
    ("status", "pieces", "left"), [("draft", 0, 8), ("archived", 0, 8), ("draft", 3, 3), ("active", 0, 0)]
)
async def test_a_shop_that_hides_what_is_not_for_sale_by_having_none_of_it_says_nothing_of_our_stock(
    world, pull, status, pieces, left
) -> None:
    """And nothing of the status, where it knows none: what is not for sale does not come back by a pull."""
    product = await _known(pull)
    variant = await world.value("SELECT id FROM variants WHERE product_id = $1", product)
    await world.execute("DELETE FROM stock")
    await world.execute(
        "INSERT INTO stock (account_id, variant_id, location, quantity) VALUES ($1, $2, 'default', 8)",
        pull.account,
        variant,
    )
    await world.execute("UPDATE products SET content = content || jsonb_build_object('status', $1::text)", status)
    await (await pull.begin()).stage(0, shown("1", price="10", quantity=pieces) | {"status": ""})
    assert await world.value("SELECT quantity FROM stock") == left
    assert await world.value("SELECT content ->> 'status' FROM products") == status


async def test_what_is_new_from_a_shop_without_states_is_for_sale(world, pull) -> None:
    await (await pull.begin()).stage(0, shown("77", price="10", quantity=1) | {"status": ""})
    assert await world.value("SELECT content ->> 'status' FROM products") == "active"


async def test_a_borrowed_title_names_what_is_new_and_renames_nothing(world, pull) -> None:
    product = await _known(pull)
    title = "SELECT content -> 'names' ->> 'en' FROM products WHERE id = $1"
    before = await world.value(title, product)
    await (await pull.begin()).stage(0, shown("1", price="10") | {"title": "Theirs", "borrowed_title": True})
    assert await world.value(title, product) == before
    await (await pull.begin()).stage(0, shown("77", price="10") | {"title": "Theirs", "borrowed_title": True})
    assert await world.value("SELECT count(*) FROM products WHERE content::text LIKE '%Theirs%'") == 1
