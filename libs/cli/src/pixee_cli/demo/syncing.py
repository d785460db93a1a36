"""Steps: products, then stock, then prices to all shops at once, and one pull; with live progress."""

from collections.abc import Mapping, Sequence

from pixee_cli.demo.context import Demo, DemoFailed, DemoShop
from pixee_cli.gateway import Json
from pixee_cli.issues import say_issues
from pixee_cli.watching import watch
from pixee_common.domain.job import JobState


async def push(demo: Demo, operation: str, product_ids: Sequence[str] | None = None) -> dict[str, Json]:
    """Platform → job at its end. Raises DemoFailed unless all completed without a failed item."""
    body = None if product_ids is None else {"product_ids": list(product_ids)}
    return await _ran(demo, demo.shops, operation, body)


async def pull(demo: Demo, platform: str) -> Json:
    """Reads one shop into the catalog."""
    shops = [shop for shop in demo.shops if shop.platform == platform]
    return (await _ran(demo, shops, "pull-products", None))[platform]


async def _ran(
    demo: Demo, shops: Sequence[DemoShop], operation: str, body: Mapping[str, list[str]] | None
) -> dict[str, Json]:
    titles = {shop.platform: f"{shop.title:<11} {operation}" for shop in shops}
    started = {}
    for shop in shops:
        answer = await demo.gateway.sync(demo.connectors[shop.platform], operation, body)
        started[titles[shop.platform]] = str(answer["job_id"])
    ended = await watch(demo.gateway, started)
    for title, job in ended.items():
        await say_issues(demo.gateway, job)
        if job["state"] != JobState.COMPLETED:
            raise DemoFailed(f"{title.strip()} ended as {job['state']}")
    return {platform: ended[title] for platform, title in titles.items()}
