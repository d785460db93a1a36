"""The hash that tells whether an item would be sent as it was sent last: over what the platform would read, never over our own row.

A new adapter version or another shop behind the connector makes another hash, so everything is sent again. A new mapping or
new settings do not stand in it: they count by what they change in an item's values, and re-send that item alone.
"""

import hashlib
from uuid import UUID, uuid5

import orjson
from pydantic import JsonValue

from pixee_workers.sync_base.items import Action, ProductItem, PushItem

UNSURE = b""
"""Stored where the answer to a write was lost: equal to no hash, so the item is sent again whatever its values."""

_KEYS = UUID("6f9f0a5e-3f0e-5b35-9d5c-6a3a1b0c7d21")


def content_hash(values: JsonValue, *, action: Action, adapter_version: str, shop_identity: str) -> bytes:
    """SHA-256 over the canonical JSON of the mapped values and of everything else that decides what the shop would have."""
    document = [values, action.value, adapter_version, shop_identity]
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).digest()


def action_of(item: PushItem) -> Action:
    """What is wanted of the shop; stock and prices are always written."""
    return item.action if isinstance(item, ProductItem) else Action.UPSERT


def submission_key(connector_id: UUID, operation: str, parts: list[tuple[UUID, int, bytes, str | None]]) -> UUID:
    """A key that is the same for every repetition of one submission, in any process, and for no other.

    Each part is (item id, catalog version, hash, external id that is updated or that vanished). The version tells A → B → A
    from a repetition of the first A.
    """
    document = [[str(item), version, digest.hex(), external] for item, version, digest, external in sorted(parts)]
    return uuid5(_KEYS, orjson.dumps([str(connector_id), operation, document]).decode())
