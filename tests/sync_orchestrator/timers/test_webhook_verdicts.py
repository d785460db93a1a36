"""What webhooks tell, judged on real PostgreSQL: our own writes are echoes whenever they come, what a person changed is pulled."""

from datetime import UTC, datetime, timedelta

import pytest
from sync_orchestrator.timers.inbox import Inbox, simple, variation

from pixee_orchestrator.timers import webhook_verdicts
from pixee_orchestrator.timers.webhook_verdicts import judge_webhooks

pytestmark = pytest.mark.stack

AT_ONCE = timedelta(0)


@pytest.mark.parametrize(
    "change",
    [{"title": "Armchair"}, {"description": "<p>Another</p>"}, {"brand": "Other"}, {"status": "draft"}, {"price": "9"}, {"quantity": 4}],
)  # fmt: skip
async def test_what_a_person_changed_is_wanted_even_in_the_second_of_our_write(inbox, change) -> None:
    for operation, item in (
        ("push_products", inbox.product),
        ("push_stock", inbox.variant),
        ("push_prices", inbox.variant),
    ):
        await inbox.sent(item, operation, ago=4.001)
    assert await inbox.result(simple(**change)) == "pull"
    assert await inbox.world.value("SELECT state FROM webhook_deliveries") == "wanted"
    assert await inbox.world.value("SELECT told FROM webhook_deliveries") is None


@pytest.mark.parametrize("ago", [0.5, 4, 86_000])
async def test_what_we_wrote_ourselves_is_an_echo_whenever_it_was(inbox, ago) -> None:
    await inbox.sent(inbox.variant, "push_stock", ago=ago)
    assert await inbox.result(simple()) == "echo"


async def test_a_write_whose_answer_was_lost_is_an_echo_too(inbox) -> None:
    await inbox.world.execute("UPDATE listing_operations SET hash = '', sent_at = NULL")
    assert await inbox.result(simple()) == "echo"


async def test_nothing_is_said_before_the_delivery_is_three_seconds_old(inbox) -> None:
    assert await inbox.result(simple(title="Armchair"), ago=2) is None


async def test_an_echo_of_an_older_write_waits_for_that_of_the_newer_one(inbox) -> None:
    await inbox.stock(4, version=2)
    await inbox.sent(inbox.variant, "push_stock", ago=2, version=2)
    assert await inbox.result(simple(quantity=5), ago=4) is None
    await inbox.tell(simple(quantity=4), ago=1)
    await inbox.world.execute("UPDATE webhook_deliveries SET judged_at = NULL")
    assert await inbox.results() == ["echo", "echo"]


async def test_a_persons_change_of_something_else_does_not_wait_for_it(inbox) -> None:
    await inbox.stock(4, version=2)
    await inbox.sent(inbox.variant, "push_stock", ago=2, version=2)
    assert await inbox.result(simple(quantity=5, title="Armchair"), ago=4) == "pull"


async def test_what_nobody_explains_for_two_minutes_is_pulled(inbox) -> None:
    await inbox.sent(inbox.variant, "push_stock", ago=2)
    assert await inbox.result(simple(quantity=3), ago=119) is None
    await inbox.world.execute(
        "UPDATE webhook_deliveries SET received_at = now() - interval '121 seconds', judged_at = NULL"
    )
    await inbox.sent(inbox.variant, "push_stock", ago=2)
    assert await inbox.results() == ["pull"]


async def test_a_stream_of_our_own_writes_asks_for_nothing(inbox) -> None:
    for version in range(2, 102):
        await inbox.stock(version, version=version)
        await inbox.tell(simple(quantity=version - 1), ago=4)
        await inbox.results()
        await inbox.sent(inbox.variant, "push_stock", ago=0, version=version)
    await inbox.tell(simple(quantity=101), ago=4)
    await inbox.world.execute("UPDATE webhook_deliveries SET judged_at = NULL")
    assert set(await inbox.results()) == {"echo"}


async def test_where_a_newer_value_of_ours_is_to_be_sent_it_stands(inbox) -> None:
    await inbox.stock(9, version=2)
    assert await inbox.result(simple(quantity=4)) == "echo"


async def test_what_was_seen_by_a_pull_is_no_change_and_what_was_changed_since_is(inbox) -> None:
    await inbox.seen(inbox.product, title="Chair (sale)", categories=[["Home", "Chairs"]])
    told = simple(title="Chair (sale)", categories=[["Chairs"]])
    assert await inbox.result(told) == "echo"
    assert await inbox.result(simple(title="Chair (sale)", categories=[["Garden"]])) == "pull"


async def test_a_value_set_back_to_what_it_was_before_our_write_is_a_change(inbox) -> None:
    await inbox.seen(inbox.variant, ago=100, quantity=4)
    await inbox.seen(inbox.product, ago=100, title="Stool")
    assert await inbox.result(simple(quantity=4)) == "pull"
    assert await inbox.result(simple(title="Stool")) == "pull"


async def test_our_write_of_what_a_pull_had_seen_before_is_an_echo_in_the_shops_own_spelling(inbox) -> None:
    await inbox.seen(
        inbox.product, ago=100, title="Stool", description="<p>A stool</p>", categories=[["Uncategorized"]]
    )
    assert await inbox.result(simple(description="<div><p>A chair</p></div>")) == "echo"


async def test_what_the_catalog_does_not_say_is_held_against_what_was_seen(inbox) -> None:
    await inbox.world.execute("UPDATE products SET content = content - 'brand'")
    await inbox.seen(inbox.product, ago=100, brand="Acme")
    assert await inbox.result(simple()) == "echo"
    assert await inbox.result(simple(brand="Other")) == "pull"


async def test_categories_that_we_write_come_back_by_their_last_names(inbox) -> None:
    paths = [["Home", "Chairs"], ["Office", "Desks"]]
    await inbox.world.execute("UPDATE products SET content = content || $1", {"categories": paths})
    await inbox.seen(inbox.product, ago=100, categories=[["Home", "Tables"]])
    assert await inbox.result(simple(categories=[["Desks"], ["Chairs"]])) == "echo"
    assert await inbox.result(simple(categories=[["Garden"]])) == "pull"


async def test_a_new_product_of_the_shop_is_wanted_and_one_that_the_catalog_deleted_is_not(inbox) -> None:
    stranger = simple("8", our_key=None, sku="NEW", title="New")
    assert await inbox.result(stranger, external_id="8") == "pull"
    await inbox.world.execute("UPDATE products SET deleted_at = now()")
    assert await inbox.result(simple(status="draft")) == "echo"


async def test_a_variable_product_and_its_variations_are_told_apart(world, database) -> None:
    account = await world.account()
    connector = await world.connector(account, platform="woocommerce", currency="EUR", locale="en")
    inbox = Inbox(world, database, account, connector)
    await inbox.list_product(variant_as="70")
    assert await inbox.result(simple(variants=[])) == "echo"
    assert await inbox.result(variation(), external_id="70") == "echo"
    assert await inbox.result(variation(price="11"), external_id="70") == "pull"
    assert await inbox.result(simple(variants=[], title="Armchair")) == "pull"
    assert await inbox.result(variation() | {"external_id": "71"}, external_id="71") == "pull"


async def test_a_product_whose_create_is_under_way_waits_and_one_that_nobody_links_is_pulled(inbox) -> None:
    await inbox.world.execute("DELETE FROM listings")
    await inbox.open_write(inbox.product)
    assert await inbox.result(simple()) is None
    await inbox.world.execute("UPDATE chunks SET state = 'done'")
    await inbox.world.execute("UPDATE webhook_deliveries SET judged_at = NULL")
    assert await inbox.results() == ["pull"]


@pytest.mark.parametrize("told", [None, {}, {"gone": False, "product": {"variants": 3}, "variant": None}])
async def test_what_nobody_can_read_is_pulled(inbox, told) -> None:
    assert await inbox.result(told) == "pull"


async def test_where_deliveries_were_dropped_the_shop_is_asked(inbox) -> None:
    await inbox.tell(simple())
    await inbox.world.execute("UPDATE webhook_deliveries SET result = 'overflow'")
    assert await inbox.results() == ["pull"]


async def test_a_paused_connector_is_told_nothing(inbox) -> None:
    await inbox.world.execute("UPDATE connectors SET status = 'paused'")
    assert await inbox.result(simple(title="Armchair")) == "not_active"


async def test_what_breaks_the_judgement_asks_for_a_pull_and_holds_nobody_up(inbox, monkeypatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(webhook_verdicts, "judge", broken)
    assert await inbox.result(simple()) == "pull"


async def test_many_objects_are_judged_in_one_round(inbox) -> None:
    for number in range(100, 150):
        await inbox.tell(simple(str(number), our_key=None, sku=f"N{number}"), external_id=str(number))
    await inbox.tell(simple())
    assert await judge_webhooks(inbox.database, AT_ONCE) == 51
    assert await judge_webhooks(inbox.database, AT_ONCE) == 0
    assert datetime.now(UTC) > await inbox.world.value("SELECT max(judged_at) FROM webhook_deliveries")


async def test_a_change_of_a_product_whose_push_is_under_way_is_not_lost(inbox) -> None:
    await inbox.open_write(inbox.product)
    assert await inbox.result(simple(title="Armchair")) is None
    await inbox.world.execute("UPDATE chunks SET state = 'done'")
    await inbox.world.execute("UPDATE webhook_deliveries SET judged_at = NULL")
    assert await inbox.results() == ["pull"]


async def test_what_comes_while_it_is_judged_is_not_judged_with_it(inbox, monkeypatch) -> None:
    judge = webhook_verdicts.judge

    async def slowly(*known):
        await inbox.tell(simple(title="Armchair"))
        return await judge(*known)

    monkeypatch.setattr(webhook_verdicts, "judge", slowly)
    await inbox.tell(simple())
    assert await inbox.results() == ["echo", None]
    monkeypatch.undo()
    assert await inbox.results() == ["echo", "pull"]
