"""Larkshop as data. Sections are those of its sheet: the docstring of the simulator beside this file."""

from pixee_common.domain.job import Operation
from pixee_common.platforms.manifest import CredentialField, HostSpec, Manifest, SettingField, TokenBucketBudget
from pixee_common.platforms.plain_capabilities import pages, writes

ROWS, PAGE = 50, 20
_ITEM = ("id", "title", "description", "brand", "status", "attributes")
_VARIANTS = ("variants.id", "variants.sku", "variants.ean", "variants.options", "variants.attributes")
_NEW = ("variants.price", "variants.quantity")

MANIFEST = Manifest(
    slug="larkshop",
    title="Larkshop",
    version="1",
    api_version="v1",
    credentials=(CredentialField(name="api_key", label="API key", pattern=r"lark_\w{16,}"),),
    settings=(SettingField(name="shop", label="Shop address", required=True),),
    host=HostSpec(address_setting="shop", pattern=r"[a-z0-9-]+\.larkshop\.example"),
    budgets=(TokenBucketBudget(name="calls", rate=20, burst=40),),
    capabilities={
        Operation.PUSH_PRODUCTS: writes(1, sent=_ITEM + _VARIANTS, create_only=_NEW, concurrency=4),
        Operation.PUSH_STOCK: writes(ROWS, sent=("rows.quantity",), companions=("rows.variant",)),
        Operation.PUSH_PRICES: writes(ROWS, sent=("rows.price",), companions=("rows.variant",)),
        Operation.PULL_PRODUCTS: pages(PAGE, incremental=True),
    },
)
