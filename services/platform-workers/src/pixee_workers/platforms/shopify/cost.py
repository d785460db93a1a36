"""What a document will cost, before it is sent: the platform takes the whole requested cost from the bucket first.

Sheet, "Rate limits and retries": scalars 0, an object 1, a connection its size times one node, a mutation 10 for itself;
"Push products": productSet more by its input (variant 0.2, file 1.9, metafield 0.4, variant metafield 0.4, variant file 0.6).
Too low an estimate costs a throttled answer, too high a one costs speed until the answer gives the rest back.
"""

from collections.abc import Mapping, Sequence
from typing import Any

MUTATION = 10
DOCUMENT_MAX = 1000
_TENTHS_PER_POINT = 10
_VARIANT, _FILE, _METAFIELD, _VARIANT_FILE = 2, 19, 4, 6


def product_set(given: Mapping[str, Any], *, variants_read: int, media_read: int = 0, metafield_sets: int = 0) -> int:
    """ProductSet with `variants_read` variants (each with its inventory item) and `media_read` media asked back."""
    whole = MUTATION * (1 + metafield_sets) + 1 + 2 * variants_read + media_read
    tenths = _FILE * len(given.get("files") or ()) + _METAFIELD * len(given.get("metafields") or ())
    variants: Sequence[Mapping[str, Any]] = given.get("variants") or ()
    tenths += _VARIANT * len(variants)
    for variant in variants:
        tenths += _METAFIELD * len(variant.get("metafields") or ())
        tenths += _VARIANT_FILE if "file" in variant else 0
    return whole - (-tenths // _TENTHS_PER_POINT)


def connection(size: int, node: int) -> int:
    """`size` nodes of `node` points each."""
    return size * node
