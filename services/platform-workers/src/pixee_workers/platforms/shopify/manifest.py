"""Shopify as data. Words, limits and scopes come from the sheet (../shared/platforms/shopify.md); sections are named beside them."""

from pixee_common.domain.job import Operation
from pixee_common.platforms.manifest import (
    Atomicity,
    Capability,
    CostBudget,
    CredentialField,
    FieldPolicy,
    Guard,
    HostSpec,
    Idempotency,
    Manifest,
    Mode,
    Semantics,
    SettingField,
    Upload,
)

API_VERSION = "2026-10"

GRAPHQL = "graphql"
"""The budget of points per app and shop (section "Rate limits and retries")."""

SYNCHRONOUS_VARIANTS = 100
"""Up to here a product is written while we wait; the platform cuts requests at about 10 s (section "Push products")."""

BULK_FROM = 2000
"""From so many products on a pull is done by a bulk query: page by page it would be limited to some 12 products a second."""

BULK_PAGE = 100
"""Products of one page of a bulk query's file."""

BULK_PUSH_FROM = 25_000
"""From so many products on they are written by a bulk mutation, which costs no points. Below, calls: each product has its answer at
once, a stock push of the same product never waits for a file, and a job can be cancelled in the middle."""

BULK_PUSH_ITEMS = 20_000
BULK_PUSH_BYTES = 95_000_000
"""Shopify takes 100 MB; the form around the file counts too (section "Push products: bulk path")."""

REQUIRED_SCOPES = ("read_products", "write_products", "read_inventory", "write_inventory", "read_locations")

PUBLICATION_SCOPES = ("read_publications", "write_publications")
"""Needed too where the connector names sales channels."""

TRANSLATION_SCOPES = ("read_locales", "read_translations", "write_translations")
"""Needed too where the connector names languages to translate into."""

_LANGUAGE = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*"
_LANGUAGES = rf"\s*{_LANGUAGE}\s*(=\s*{_LANGUAGE}\s*)?"

_CONTENT = (
    "title",
    "descriptionHtml",
    "vendor",
    "productType",
    "status",
    "tags",
    "seo",
    "collections",
    "metafields",
    "files",
    "productOptions",
    "variants.optionValues",
    "variants.sku",
    "variants.barcode",
    "variants.metafields",
    "variants.file",
    "variants.inventoryItem.tracked",
    "variants.inventoryItem.cost",
    "variants.inventoryItem.measurement",
    "translations.value",
)

_SETTINGS = (
    SettingField(
        name="shop_domain",
        label="Shop domain",
        required=True,
        pattern=r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com",
        help="The permanent domain, for example demo.myshopify.com; not the domain that customers see.",
        rewrites=(
            (
                r"\s*(?:https?://)?admin\.shopify\.com/store/([a-z0-9][a-z0-9-]{0,62})(?:[/?#].*)?\s*",
                r"\1.myshopify.com",
            ),
            (r"\s*(?:https?://)?([a-z0-9][a-z0-9-]{0,62}\.myshopify\.com)(?:[/?#].*)?\s*", r"\1"),
        ),
    ),
    SettingField(
        name="currency",
        label="Currency",
        pattern="[A-Z]{3}",
        help="Leave it empty: the shop is asked. A price in another currency than the shop's is never sent.",
    ),
    SettingField(name="locale", label="Language", help="The language whose texts are sent, for example fr-FR."),
    SettingField(
        name="channel", label="Channel", help="The price lists of this channel are used, else the base price."
    ),
    SettingField(name="locations", label="Locations", help="Our locations whose stock counts; empty: all."),
    SettingField(
        name="location_id",
        label="Location in Shopify",
        pattern=r"(gid://shopify/Location/)?[0-9]+",
        help="Where quantities are written: the number or GID of a location. Empty: the first active location that fulfils "
        "online orders.",
    ),
    SettingField(
        name="price_list_id",
        label="Price list in Shopify",
        pattern=r"(gid://shopify/PriceList/)?[0-9]+",
        help="Of a market: prices are written into it, in its currency, instead of as the products' own. Empty: the products' own.",
    ),
    SettingField(
        name="publications",
        label="Sales channels",
        help="On which channels products are published: names or GIDs, separated by commas. Empty: that is left to the shop.",
    ),
    SettingField(
        name="translated_locales",
        label="Languages to translate into",
        pattern=rf"({_LANGUAGES}(,{_LANGUAGES})*)?",
        help="Further languages whose titles, descriptions and SEO texts are registered as translations, separated by commas; where "
        "the shop calls one otherwise, both: `de, pt=pt-PT`. Each must have been added in the shop. Names of options, attributes and "
        "texts of pictures are not translated, and a pull reads the shop's own language alone. Empty: translations are left alone.",
    ),
    SettingField(
        name="on_delete",
        label="When a product is deleted",
        choices=("keep", "unpublish", "delete"),
        default="unpublish",
        help="`unpublish` makes it a draft; `delete` removes it for good.",
    ),
)

_PUSH_PRODUCTS = Capability(
    mode=Mode.SINGLE,
    upload=Upload(
        from_items=BULK_PUSH_FROM,
        max_items=BULK_PUSH_ITEMS,
        max_bytes=BULK_PUSH_BYTES,
        result_deadline_seconds=90_000.0,
    ),
    max_items=1,
    semantics=Semantics.MERGE,
    idempotency=Idempotency.UPSERT_BY_KEY,
    concurrency=32,
    settle_seconds=5.0,
    verdict_deadline_seconds=3600.0,
    look_up_new=True,
    fields=FieldPolicy(
        sent=_CONTENT,
        companions=(
            "variants.id",
            "publicationId",
            "translations.locale",
            "translations.key",
            "translations.translatableContentDigest",
        ),
        create_only=("variants.price", "variants.compareAtPrice", "variants.inventoryQuantities"),
        read_only=("id", "updatedAt", "handle", "variants.inventoryQuantity"),
    ),
)

_PUSH_STOCK = Capability(
    mode=Mode.BULK,
    max_items=250,
    atomicity=Atomicity.ALL_OR_NOTHING,
    guard=Guard.IDEMPOTENCY_KEY,
    idempotency=Idempotency.NATIVE_KEY,
    concurrency=2,
    fields=FieldPolicy(
        sent=("quantities.quantity",),
        companions=(
            "name",
            "reason",
            "quantities.inventoryItemId",
            "quantities.locationId",
            "quantities.changeFromQuantity",
        ),
    ),
)

_PUSH_PRICES = Capability(
    mode=Mode.BULK,
    max_items=250,
    group_by_product=True,
    concurrency=6,
    fields=FieldPolicy(
        sent=("variants.price", "variants.compareAtPrice"),
        companions=("productId", "variants.id", "priceListId", "variantId"),
    ),
)

MANIFEST = Manifest(
    slug="shopify",
    title="Shopify",
    version="1",
    api_version=API_VERSION,
    credentials=(
        CredentialField(
            name="access_token",
            label="Admin API access token",
            pattern=r"shp[a-z]{2}_[A-Za-z0-9]+",
            help="Of a custom app made in the shop's admin; it begins with shpat_.",
        ),
        CredentialField(
            name="client_id", label="Client id", help="Of an app that your own organisation made in the Dev Dashboard."
        ),
        CredentialField(name="client_secret", label="Client secret"),
        CredentialField(
            name="refresh_token",
            label="Refresh token",
            help="With client id and secret, of a public app whose tokens expire: we replace it with each token that we fetch.",
        ),
    ),
    credential_sets=(
        ("access_token",),
        ("client_id", "client_secret"),
        ("client_id", "client_secret", "refresh_token"),
    ),
    settings=_SETTINGS,
    host=HostSpec(
        address_setting="shop_domain",
        pattern=r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com",
        file_hosts=("storage.googleapis.com",),
    ),
    capabilities={
        Operation.PUSH_PRODUCTS: _PUSH_PRODUCTS,
        Operation.PUSH_STOCK: _PUSH_STOCK,
        Operation.PUSH_PRICES: _PUSH_PRICES,
        Operation.PULL_PRODUCTS: Capability(
            mode=Mode.BULK, max_items=BULK_PAGE, incremental=True, overlap_seconds=120.0
        ),
    },
    budgets=(CostBudget(name=GRAPHQL, maximum=2000.0, restore=100.0),),
    scopes=REQUIRED_SCOPES,
)
