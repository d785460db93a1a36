"""Amazon Selling Partner API, sellers' side. Sheet: `../shared/platforms/amazon_sp_api.md`."""

from pixee_workers.platforms.amazon_sp_api.adapter import create
from pixee_workers.platforms.amazon_sp_api.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
