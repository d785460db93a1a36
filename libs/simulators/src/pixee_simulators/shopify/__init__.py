"""A Shopify shop: GraphQL Admin API 2026-10, its cost bucket, its limits and its traps.

Its face: `create` (simulator.py), `price` for benchmarks that compute bounds.
"""

from pixee_simulators.shopify.executable import price

__all__ = ["price"]
