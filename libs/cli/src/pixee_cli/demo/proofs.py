"""Steps: an unchanged catalog costs no write request, and three touched products cost exactly those three."""

from collections.abc import Sequence
from uuid import UUID

from pixee_cli import output
from pixee_cli.demo.context import Demo, DemoFailed
from pixee_cli.demo.syncing import push
from pixee_cli.importing.reading import Accepted
from pixee_cli.importing.sending import Source, send, statuses, wait_taken
from pixee_common.db import Database
from pixee_common.domain.product import Product, localized

TOUCHED = 3
_MARK = "<p>Touched by the demo.</p>"

_SIMPLE = """
SELECT p.id, p.key, p.content, min(v.sku) AS sku, min(v.ean) AS ean, (array_agg(v.content))[1] AS variant
FROM products p JOIN variants v ON v.product_id = p.id AND v.deleted_at IS NULL
WHERE p.account_id = $1 AND p.deleted_at IS NULL GROUP BY p.id HAVING count(*) = 1 ORDER BY p.key LIMIT $2
"""


async def push_unchanged(demo: Demo) -> None:
    """Pushes the whole catalog once more. Raises DemoFailed when a shop got a single write request for it."""
    before = {shop.platform: await shop.simulated.writes() for shop in demo.shops}
    await push(demo, "push-products")
    for shop in demo.shops:
        writes = await shop.simulated.writes() - before[shop.platform]
        output.say(f"{shop.title}: {writes} write requests for an unchanged catalog")
        if writes:
            raise DemoFailed(f"{shop.title} was sent {writes} write requests though nothing had changed")


async def touch_three(demo: Demo) -> None:
    """Changes three products by an event, pushes everything, and looks into the shops' logs for exactly those."""
    source = Source(demo.account_id, f"demo-touch:{demo.source}"[:200])
    if sum((await statuses(demo.database, source)).values()) >= TOUCHED:
        demo.touched_before = True
        output.say("Three products were touched by an earlier run: nothing is changed this time.")
        return
    products = await _simple_products(demo.database, demo.account_id)
    sent = await send(demo.database, source, products, lambda _: None)
    await wait_taken(demo.database, source, sent.now + sent.already, lambda _: None)
    demo.touched = tuple(one.product.variants[0].sku for one in products)
    before = {shop.platform: await shop.simulated.last_write() for shop in demo.shops}
    jobs = await push(demo, "push-products")
    for shop in demo.shops:
        written = await shop.simulated.skus_written(before[shop.platform])
        output.say(f"{shop.title}: written {', '.join(sorted(written)) or 'nothing'}")
        if written != set(demo.touched):
            raise DemoFailed(f"{shop.title}: {sorted(demo.touched)} were touched, but {sorted(written)} were written")
        if jobs[shop.platform]["succeeded"] != TOUCHED:
            raise DemoFailed(f"{shop.title}: the job counts {jobs[shop.platform]['succeeded']} sent, not {TOUCHED}")


async def assert_no_writes_at_all(demo: Demo) -> None:
    """A repeated demo that changed nothing in the catalog must have written nothing, in none of its steps."""
    catalog = demo.report.catalog if demo.report else None
    if not demo.touched_before or catalog is None or catalog.applied:
        return
    for shop in demo.shops:
        writes = await shop.simulated.writes() - demo.writes_before[shop.platform]
        output.say(f"{shop.title}: {writes} write requests in this whole run")
        if writes:
            raise DemoFailed(f"{shop.title} was sent {writes} write requests by a repetition that changed nothing")


async def _simple_products(database: Database, account_id: UUID) -> Sequence[Accepted]:
    """The first simple products of the catalog, each with a longer description; prices and stock stay as they are."""
    async with database.connection() as connection:
        rows = await connection.fetch(_SIMPLE, account_id, TOUCHED)
    if len(rows) < TOUCHED:
        raise DemoFailed(f"the catalog has only {len(rows)} products with one variant, {TOUCHED} are needed")
    return [Accepted(_touched(_product(row)), number, 1) for number, row in enumerate(rows, start=1)]


def _product(row: object) -> Product:
    """As the catalog's tables hold it."""
    found = dict(row)  # type: ignore[call-overload]
    variant = {**found["variant"], "sku": found["sku"], "ean": found["ean"]}
    return Product.model_validate({**found["content"], "key": found["key"], "variants": [variant]})


def _touched(product: Product) -> Product:
    locale = next(iter(product.names))
    described = localized(product.descriptions, locale) or ""
    return product.model_copy(update={"descriptions": {**product.descriptions, locale: described + _MARK}})
