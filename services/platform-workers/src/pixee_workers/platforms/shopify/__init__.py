"""Shopify: GraphQL Admin API."""

from pixee_workers.platforms.shopify.adapter import create
from pixee_workers.platforms.shopify.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
