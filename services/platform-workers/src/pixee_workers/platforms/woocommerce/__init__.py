"""WooCommerce: REST API wc/v3 of a self-hosted shop. Sheet: `../shared/platforms/woocommerce.md`."""

from pixee_workers.platforms.woocommerce.adapter import create
from pixee_workers.platforms.woocommerce.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
