"""WooCommerce as data. Limits and words come from the sheet; a host may set stricter ones, which the fault table answers."""

from pixee_common.domain.job import Operation
from pixee_common.platforms.manifest import (
    Capability,
    ConcurrencyBudget,
    CredentialField,
    FieldPolicy,
    HostSpec,
    Idempotency,
    Manifest,
    Mode,
    Semantics,
    SettingField,
    TokenBucketBudget,
)

CALLS = "calls"
IN_FLIGHT = "in_flight"

_CONTENT = (
    "name",
    "type",
    "status",
    "catalog_visibility",
    "description",
    "short_description",
    "sku",
    "global_unique_id",
    "tax_class",
    "weight",
    "dimensions",
    "categories",
    "brands",
    "tags",
    "images",
    "image",
    "attributes",
    "menu_order",
    "meta_data",
)
_PRICES = ("regular_price", "sale_price")
_STOCK = ("manage_stock", "stock_quantity")
_READ_ONLY = ("price", "on_sale", "date_modified_gmt", "variations", "permalink")

_SETTINGS = (
    SettingField(
        name="store_url",
        label="Store URL",
        required=True,
        pattern=r"https?://[^\s/?#@]+(/[^\s?#@]*[^\s/?#@])?",
        help="The shop's address with https, and its folder where it lives in one: https://shop.example/store",
        rewrites=(
            (r"^\s*(https?://[^\s?#]+?)/*(?:/wp-(?:json|admin)(?:/[^\s]*)?)?/*\s*$", r"\1"),
            (r"^\s*([a-z0-9.-]+\.[a-z]{2,}(?:/[^\s?#:]+?)?)/*\s*$", r"https://\1"),
        ),
    ),
    SettingField(
        name="currency",
        label="Currency",
        pattern="[A-Z]{3}",
        help="Leave it empty: the shop is asked. Where both are known they must agree, else no price is sent.",
    ),
    SettingField(name="locale", label="Language", help="The language whose texts are sent, for example fr-FR."),
    SettingField(
        name="channel", label="Channel", help="The price lists of this channel are used, else the base price."
    ),
    SettingField(name="locations", label="Locations", help="Our locations whose stock counts; empty: all."),
    SettingField(
        name="on_delete",
        label="When a product is deleted",
        choices=("keep", "unpublish", "delete"),
        default="unpublish",
        help="`unpublish` makes it a draft; `delete` removes it for good.",
    ),
    SettingField(
        name="weight_unit",
        label="Weight unit of the shop",
        choices=("kg", "g", "lbs", "oz"),
        default="kg",
        help="As in WooCommerce > Settings > Products.",
    ),
    SettingField(
        name="dimension_unit",
        label="Dimensions unit of the shop",
        choices=("cm", "m", "mm", "in"),
        default="cm",
        help="As in WooCommerce > Settings > Products.",
    ),
    SettingField(
        name="tax_classes",
        label="Tax classes",
        pattern=r"[^=,]+=[a-z0-9-]*(,[^=,]+=[a-z0-9-]*)*",
        help="Our tax class = the shop's, separated by commas: reduced=reduced-rate. Others are left as the shop has them.",
    ),
    SettingField(
        name="match_by_ean",
        label="Find existing products by EAN",
        choices=("yes", "no"),
        default="yes",
        help="A new product is looked up by SKU; with `yes` by EAN too, one call for each.",
    ),
)

MANIFEST = Manifest(
    slug="woocommerce",
    title="WooCommerce",
    version="1",
    api_version="wc/v3",
    router="own",
    credentials=(
        CredentialField(
            name="consumer_key",
            label="Consumer key",
            pattern="ck_[0-9a-f]{40}",
            help="WooCommerce > Settings > Advanced > REST API, with the permission Read/Write.",
        ),
        CredentialField(name="consumer_secret", label="Consumer secret", pattern="cs_[0-9a-f]{40}"),
        CredentialField(
            name="webhook_secret",
            label="Webhook secret",
            help="Of webhooks on product events made in WooCommerce > Settings > Advanced > Webhooks; optional. Their delivery "
            "URL is this service's /api/v1/woocommerce/<connector id>/webhooks.",
        ),
    ),
    credential_sets=(("consumer_key", "consumer_secret"),),
    settings=_SETTINGS,
    host=HostSpec(address_setting="store_url", keep_path=True, schemes=("https", "http"), ports=(443, 8443, 80, 8080)),
    capabilities={
        Operation.PUSH_PRODUCTS: Capability(
            mode=Mode.BULK,
            max_items=100,
            max_weight=200,
            semantics=Semantics.MERGE,
            idempotency=Idempotency.READ_BEFORE_WRITE,
            look_up_new=True,
            phases=("parent", "variations"),
            fields=FieldPolicy(
                sent=_CONTENT, companions=("id",), create_only=(*_PRICES, *_STOCK), read_only=_READ_ONLY
            ),
        ),
        Operation.PUSH_STOCK: Capability(
            mode=Mode.BULK,
            max_items=100,
            fields=FieldPolicy(sent=("stock_quantity",), companions=("id", "manage_stock"), read_only=_READ_ONLY),
        ),
        Operation.PUSH_PRICES: Capability(
            mode=Mode.BULK,
            max_items=100,
            fields=FieldPolicy(sent=_PRICES, companions=("id",), read_only=_READ_ONLY),
        ),
        Operation.PULL_PRODUCTS: Capability(
            mode=Mode.BULK,
            max_items=50,
            incremental=True,
            overlap_seconds=120.0,
            fields=FieldPolicy(),
        ),
    },
    budgets=(
        ConcurrencyBudget(name=IN_FLIGHT, limit=1),
        TokenBucketBudget(name=CALLS, rate=100.0, burst=100.0),
    ),
    scopes=("read", "write"),
    webhook_secret="webhook_secret",
)
