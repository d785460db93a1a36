"""Mossbay as data. Sections are those of its sheet: the docstring of the simulator beside this file."""

from pixee_common.domain.job import Operation
from pixee_common.platforms.manifest import CredentialField, HostSpec, Manifest, SettingField, TokenBucketBudget
from pixee_common.platforms.plain_capabilities import pages, writes

ROWS = 50
_ITEM = ("id", "title", "text", "maker", "visible", "facts")
_VARIANTS = ("variants.id", "variants.sku", "variants.gtin", "variants.choices", "variants.facts")
_NEW = ("variants.cents", "variants.stock")

MANIFEST = Manifest(
    slug="mossbay",
    title="Mossbay",
    version="1",
    api_version="v2",
    credentials=(CredentialField(name="api_key", label="API key", pattern=r"moss_\w{16,}"),),
    settings=(SettingField(name="shop", label="Shop address", required=True),),
    host=HostSpec(address_setting="shop", pattern=r"[a-z0-9-]+\.mossbay\.example"),
    budgets=(TokenBucketBudget(name="calls", rate=25, burst=50),),
    capabilities={
        Operation.PUSH_PRODUCTS: writes(1, sent=_ITEM + _VARIANTS, create_only=_NEW, concurrency=4),
        Operation.PUSH_STOCK: writes(ROWS, sent=("rows.stock",), companions=("rows.variant",)),
        Operation.PUSH_PRICES: writes(ROWS, sent=("rows.cents",), companions=("rows.variant",)),
        Operation.PULL_PRODUCTS: pages(25, incremental=True),
    },
)
