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

CALLS = "calls"
ROWS = 50
PAGE = 20
_CONTENT = ("id", "title", "description", "brand", "status", "attributes")
_VARIANT = ("variants.id", "variants.sku", "variants.ean", "variants.options", "variants.attributes")

MANIFEST = Manifest(
    slug="larkshop",
    title="Larkshop",
    version="1",
    api_version="v1",
    credentials=(CredentialField(name="api_key", label="API key", pattern=r"lark_\w{16,}"),),
    credential_sets=(("api_key",),),
    settings=(SettingField(name="shop", label="Shop address", required=True),),
    host=HostSpec(address_setting="shop", pattern=r"[a-z0-9-]+\.larkshop\.example"),
    budgets=(TokenBucketBudget(name=CALLS, rate=20, burst=40),),
    capabilities={
        Operation.PUSH_PRODUCTS: Capability(
            mode=Mode.SINGLE,
            max_items=1,
            concurrency=4,
            fields=FieldPolicy(sent=(*_CONTENT, *_VARIANT), create_only=("variants.price", "variants.quantity")),
        ),
        Operation.PUSH_STOCK: Capability(
            mode=Mode.BULK,
            max_items=ROWS,
            fields=FieldPolicy(sent=("rows.quantity",), companions=("rows.variant",)),
        ),
        Operation.PUSH_PRICES: Capability(
            mode=Mode.BULK,
            max_items=ROWS,
            fields=FieldPolicy(sent=("rows.price",), companions=("rows.variant",)),
        ),
        Operation.PULL_PRODUCTS: Capability(mode=Mode.BULK, max_items=PAGE, incremental=True),
    },
)
