"""The demo from beginning to end, and its words at the end."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from rich.text import Text

from pixee_cli import output
from pixee_cli.account_store import create_account, create_key, list_accounts
from pixee_cli.comparison.shop_access import ShopUnreadable, open_client
from pixee_cli.demo.amazon import map_amazon
from pixee_cli.demo.comparing import compare_shops, say_comparison
from pixee_cli.demo.context import ACCOUNT, Demo, DemoFailed
from pixee_cli.demo.filling import demo_file, fill_catalog
from pixee_cli.demo.linking import link_shops
from pixee_cli.demo.proofs import assert_no_writes_at_all, push_unchanged, touch_three
from pixee_cli.demo.shops import TITLES, demo_shops, open_shops
from pixee_cli.demo.syncing import pull, push
from pixee_cli.exits import Exit
from pixee_cli.gateway import Gateway, Json
from pixee_cli.place import KEY_FILE, Place
from pixee_common.crypto import ApiKeyMalformed, parse
from pixee_common.db import Database
from pixee_devstack.service_env import SIMULATED_HOSTS
from pixee_devstack.stack import Stack

Step = Callable[[Demo], Awaitable[None]]

PULLED = "shopify"


async def run_demo(data: Path, file: Path | None = None) -> Exit:
    """Brings the stack up, goes through the steps, stops cleanly. 1: something differs or was written needlessly."""
    begun = time.monotonic()
    _heading("Starting PostgreSQL, Kafka, the services and three simulated shops")
    stack = Stack(data, simulators=tuple(SIMULATED_HOSTS))
    await stack.start()
    try:
        async with opened(Place(data), file or demo_file()) as demo:
            for title, step in STEPS:
                _heading(f"{title} [{time.monotonic() - begun:.0f} s]")
                await step(demo)
            _farewell(demo, time.monotonic() - begun)
    except (DemoFailed, ShopUnreadable) as failure:
        output.complain(f"The demo failed: {failure}")
        output.complain(f"Logs: {data / 'logs'}. Look around with `pixee up --data {data}`.")
        return Exit.FAILED
    finally:
        await stack.stop()
    return Exit.OK


@asynccontextmanager
async def opened(place: Place, file: Path) -> AsyncIterator[Demo]:
    """The context of a running stack, with the demo's account and a key for it."""
    async with AsyncExitStack() as closing:
        database = await closing.enter_async_context(place.database())
        client = await closing.enter_async_context(open_client())
        accounts = {account.name: account.id for account in await list_accounts(database)}
        account_id = accounts.get(ACCOUNT) or await create_account(database, ACCOUNT)
        key = await _key(place, database)
        gateway = await closing.enter_async_context(Gateway(place.stack().gateway_urls[0], key))
        yield Demo(place, file, database, client, demo_shops(place, client), account_id, gateway)


async def _key(place: Place, database: Database) -> str:
    """The kept key, made the first time or when it was revoked."""
    kept = place.data / KEY_FILE
    if kept.exists():
        text = kept.read_text(encoding="utf-8").strip()
        try:
            key_id = parse(text).id
        except ApiKeyMalformed:
            key_id = ""
        async with database.connection() as connection:
            query = "SELECT 1 FROM api_keys WHERE id = $1 AND revoked_at IS NULL"
            if await connection.fetchval(query, key_id):
                return text
    account = next(account for account in await list_accounts(database) if account.name == ACCOUNT)
    _, text = await create_key(database, account, "demo", ("READ", "MANAGE_SETTINGS"))
    place.keep_key(text)
    return text


async def _products(demo: Demo) -> None:
    await push(demo, "push-products")


async def _stock(demo: Demo) -> None:
    _say_carried(await push(demo, "push-stock"))


async def _prices(demo: Demo) -> None:
    _say_carried(await push(demo, "push-prices"))


def _say_carried(jobs: Mapping[str, Json]) -> None:
    if all(job["skipped"] == job["total"] for job in jobs.values()):
        output.say("Nothing was left to send: the shops have these values, because a create carries them along.")


async def _pull(demo: Demo) -> None:
    await pull(demo, PULLED)


async def _compare(demo: Demo) -> None:
    found = await compare_shops(demo.database, demo.account_id, demo.shops, demo.http)
    say_comparison(found, TITLES)
    differing = sum(len(one.differences) for one in found.values())
    if differing:
        raise DemoFailed(f"{differing:,} differences between catalog and shops")


async def _compare_touched(demo: Demo) -> None:
    if demo.touched:
        await _compare(demo)
    await assert_no_writes_at_all(demo)


STEPS: tuple[tuple[str, Step], ...] = (
    ("Opening the shops", open_shops),
    ("Linking them: one connector each, tested", link_shops),
    ("Mapping what Amazon demands", map_amazon),
    ("Importing the catalog", fill_catalog),
    ("Pushing products to all shops", _products),
    ("Pushing stock", _stock),
    ("Pushing prices", _prices),
    ("Pulling products from Shopify", _pull),
    ("Comparing catalog and shops, field by field, through the platforms' own APIs", _compare),
    ("Pushing the unchanged catalog once more", push_unchanged),
    ("Touching three products and pushing everything", touch_three),
    ("Last look", _compare_touched),
)


def _heading(text: str) -> None:
    output.say()
    output.console.print(Text(f"== {text}", style="bold"))


def _farewell(demo: Demo, seconds: float) -> None:
    output.say()
    output.say(f"Done in {seconds:.0f} s. What happened:")
    report = demo.report
    if report is not None:
        output.say(
            f"  {demo.file.name}: {report.products:,} products went through Kafka into PostgreSQL, from there to a Shopify shop, "
            "a WooCommerce shop and to Amazon,"
        )
    output.say("  then stock, then prices; Shopify was read back. Every field was compared in the shops themselves.")
    if demo.touched:
        output.say("  Pushing it unchanged cost no write request; three touched products cost exactly those three.")
    else:
        output.say("  Nothing had changed since the last run, so nothing was written in any shop.")
    output.say("Where to look next:")
    output.say(f"  pixee up --data {demo.place.data}                 the same system, kept running")
    output.say(f"  pixee jobs list --data {demo.place.data}          what was done (while it runs)")
    output.say(
        f"  pixee demo compare --data {demo.place.data}       compare again, after you changed something in a shop"
    )
    output.say(f"  {demo.place.data / 'logs'}                        every service's log")
