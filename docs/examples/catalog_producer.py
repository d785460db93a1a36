"""Tells Pixee Connectors of one change of a catalog: plain Kafka and JSON. The contract is docs/asyncapi.json.

    pip install aiokafka
    python catalog_producer.py --account ACCOUNT stock SKU QUANTITY
    python catalog_producer.py --account ACCOUNT price SKU AMOUNT CURRENCY
    python catalog_producer.py --account ACCOUNT product FILE        (a product as JSON)
    python catalog_producer.py --account ACCOUNT delete KEY

A message is the whole new state of one entity. `sequence` must grow per source and entity: a counter that your database writes
with the change is best, this example takes the time. Repeating a message is harmless, an older one is dropped.
"""

import argparse
import asyncio
import json
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from aiokafka import AIOKafkaProducer

KINDS = {"stock": ("sku", "quantity"), "price": ("sku", "amount", "currency"), "product": ("file",), "delete": ("key",)}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Tell Pixee Connectors of one change of the catalog.")
    parser.add_argument("--bootstrap", default="127.0.0.1:9092", help="Kafka: host:port")
    parser.add_argument("--account", required=True, help="the account's id")
    parser.add_argument("--source", default="example", help="your system's name; each has sequences of its own")
    commands = parser.add_subparsers(dest="kind", required=True)
    for kind, names in KINDS.items():
        command = commands.add_parser(kind)
        for name in names:
            command.add_argument(name)
    return parser.parse_args()


def change_of(given: argparse.Namespace) -> tuple[str, dict[str, object]]:
    """What the message's key names, and the change."""
    if given.kind == "stock":  # all locations of the SKU
        levels = [{"location": "default", "quantity": int(given.quantity)}]
        return given.sku, {"action": "stock", "sku": given.sku, "levels": levels}
    if given.kind == "price":  # an amount is a text: no price goes through a binary fraction
        return given.sku, {"action": "price", "sku": given.sku, "base_price": given.amount, "currency": given.currency}
    if given.kind == "delete":
        return given.key, {"action": "delete", "key": given.key}
    product = json.loads(Path(given.file).read_text(encoding="utf-8"))
    return product["key"], {"action": "upsert", "product": product}


async def main() -> None:
    given = arguments()
    entity, change = change_of(given)
    now = datetime.now(UTC).isoformat()
    body = {"account_id": given.account, "source": given.source, "sequence": time.time_ns(), "occurred_at": now}
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(uuid.uuid4()),
        "ce_source": f"/{given.source}",
        "ce_type": "com.pixee.catalog.changed.v1",
        "ce_time": now,
        "content-type": "application/json",
    }
    # acks=all: what the broker has confirmed is not lost. The key keeps the changes of one entity in order.
    async with AIOKafkaProducer(bootstrap_servers=given.bootstrap, enable_idempotence=True, acks="all") as producer:
        await producer.send_and_wait(
            "pixee.catalog.changed.v1",
            key=f"{given.account}:{entity}".encode(),
            value=json.dumps(body | {"change": change}).encode(),
            headers=[(name, value.encode()) for name, value in headers.items()],
        )


if __name__ == "__main__":
    asyncio.run(main())
