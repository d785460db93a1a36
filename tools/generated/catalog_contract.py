"""What the AsyncAPI document says of `catalog.changed` beyond its schema: the rules of order, and the golden samples as examples."""

import json
from pathlib import Path

from pixee_common.events import CatalogChanged

__all__ = ["catalog_changed_message"]

_GOLDEN = Path(__file__).parents[2] / "tests" / "contract" / "golden"

RULES = """\
One change of the catalog of one account: the whole new state of one entity, not a difference. `stock` names all locations of a SKU
(one that is missing has none any more); `price` names its base price and the price lists that change (others stay); `upsert` is a
product with all its variants (those that are missing are gone; prices and stock that are left out stay); `delete` takes a product away.

Order. `sequence` grows per `source` and entity (the product's key, the stock of a SKU, the prices of a SKU); gaps are allowed.
Only a greater sequence than the last one of that source and entity is taken: a repeated message changes nothing, an older one is
dropped, so late and doubled messages do no harm. Take a number that your database writes with the change. Two sources are not
compared: of two systems that write the same entity the later message wins. Nothing is promised about the order of different
entities. So send the first price and stock of a new SKU inside its product: on their own they may overtake it, and a stock or
price for a SKU that no product has is refused (dead letter `missing_field`, which can be replayed).

Key. `<account_id>:<product key or SKU>`, so that the changes of one entity stay in order. Sources that begin with `pull:` are ours.

What comes of it. A change that says what is there already changes nothing. Any other is marked for every connector of the account
that has auto-sync on for the operation (`upsert` and `delete`: push_products; `stock`: push_stock; `price`: push_prices; a price or
stock inside an `upsert` likewise) and is not the one that it came from, and goes out as an ordinary job within about a second. However
often an entity changes meanwhile, its newest value is sent once. docs/examples/catalog_producer.py is a whole producer."""


def catalog_changed_message() -> dict[str, object]:
    """Members of the AsyncAPI message of `CatalogChanged`."""
    return {
        "summary": "The catalog of an account has changed.",
        "description": RULES,
        "bindings": {"kafka": {"key": {"type": "string", "description": "<account_id>:<product key or SKU>"}}},
        "examples": [_example(path) for path in sorted(_GOLDEN.glob("catalog-changed-v1-*.json"))],
    }


def _example(path: Path) -> dict[str, object]:
    sample = json.loads(path.read_text(encoding="utf-8"))
    headers = {
        "ce_specversion": "1.0",
        "ce_id": "0199e0a4-7c11-7b3e-9d53-6f0e5c8f3a21",
        "ce_source": "/erp",
        "ce_type": CatalogChanged.TYPE,
        "ce_time": "2026-11-24T08:00:00Z",
        "content-type": "application/json",
    }
    name = path.stem.removeprefix("catalog-changed-v1-")
    return {"name": name, "summary": f"Key {sample['key']}", "headers": headers, "payload": sample["data"]}
