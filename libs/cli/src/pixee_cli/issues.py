"""What a job could not do, said so that somebody can act: reason, message, whose turn it is."""

from pixee_cli import output
from pixee_cli.gateway import Gateway, Json

SHOWN = 10


async def say_issues(gateway: Gateway, job: Json) -> None:
    """The first failed items of a job, its warning and its error; nothing where all is well."""
    if job.get("warning"):
        output.say(f"Warning: {job['warning']}")
    if job.get("error"):
        output.say(f"Error: {job['error']['message']} ({job['error']['code']})")
    if not job["failed"]:
        return
    items = [item async for item in gateway.items(job["id"], "failed", at_most=SHOWN)]
    item_table(f"{job['failed']:,} failed" + (f", the first {SHOWN}" if job["failed"] > SHOWN else ""), items)
    output.say(f"All of them: pixee jobs items {job['id']} --state failed")


def item_table(title: str | None, items: list[Json]) -> None:
    """Items with what is to be said of them."""
    rows = [
        (
            item["sku"] or item["item_id"],
            item["outcome"],
            item["reason"],
            item["message"],
            item["owner"],
            item["advice"],
        )
        for item in items
    ]
    output.table(title, ("SKU", "Outcome", "Reason", "Message", "Whose turn", "Advice"), rows)
