"""Larkshop as data. Sections are those of its sheet: the docstring of the simulator beside this file."""

from pixee_common.domain.job import Operation
from pixee_common.platforms.manifest import (
    Capability,
    CredentialField,
    FieldPolicy,
    HostSpec,
    Manifest,
    Mode,
    SettingField,
    TokenBucketBudget,
)

ROWS, PAGE = 50, 20
_ITEM = ("id", "title", "description", "brand", "status", "attributes")
_VARIANTS = ("variants.id", "variants.sku", "variants.ean", "variants.options", "variants.attributes")
_PRODUCT = FieldPolicy(sent=_ITEM + _VARIANTS, create_only=("variants.price", "variants.quantity"))
_STOCK = FieldPolicy(sent=("rows.quantity",), companions=("rows.variant",))
_PRICES = FieldPolicy(sent=("rows.price",), companions=("rows.variant",))

MANIFEST = Manifest(
    slug="larkshop",
    title="Larkshop",
    version="1",
    api_version="v1",
    credentials=(CredentialField(name="api_key", label="API key", pattern=r"lark_\w{16,}"),),
    credential_sets=(("api_key",),),
    settings=(SettingField(name="shop", label="Shop address", required=True),),
    host=HostSpec(address_setting="shop", pattern=r"[a-z0-9-]+\.larkshop\.example"),
    budgets=(TokenBucketBudget(name="calls", rate=20, burst=40),),
    capabilities={
        Operation.PUSH_PRODUCTS: Capability(mode=Mode.SINGLE, max_items=1, concurrency=4, fields=_PRODUCT),
        Operation.PUSH_STOCK: Capability(mode=Mode.BULK, max_items=ROWS, fields=_STOCK),
        Operation.PUSH_PRICES: Capability(mode=Mode.BULK, max_items=ROWS, fields=_PRICES),
        Operation.PULL_PRODUCTS: Capability(mode=Mode.BULK, max_items=PAGE, incremental=True),
    },
)
