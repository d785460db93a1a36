"""Amazon SP-API as data. Words, limits and hosts come from the sheet (../shared/platforms/amazon_sp_api.md); sections are named.

Choices
* An update is a PATCH of top-level attributes, never a PUT: a PUT replaces the whole listing, so it would have to carry the price
  (with the discounts and B2B offers that sellers make at Amazon) and the quantity (of Amazon's own warehouse too). Only a create
  is a PUT, and carries both.
* Amazon has no drafts. A listed product that is not active any more is taken off sale; when it is active again, the update that brings
  it back carries its quantity like a create does.
* A listing is looked up before its first create, since a PUT on a SKU that is there would replace it.
"""

from pixee_common.domain.job import Operation
from pixee_common.platforms.manifest import (
    BudgetScope,
    Capability,
    CredentialField,
    FieldPolicy,
    Finality,
    HostSpec,
    Idempotency,
    Manifest,
    Mode,
    Semantics,
    SettingField,
    TokenBucketBudget,
    Upload,
)
from pixee_workers.platforms.amazon_sp_api.marketplaces import HOSTS

SLUG = "amazon_sp_api"
SIGN_IN = "api.amazon.com"

PUT = "putListingsItem"
PATCH = "patchListingsItem"
DELETE = "deleteListingsItem"
GET = "getListingsItem"
SEARCH = "searchListingsItems"
DEFINITION = "getDefinitionsProductType"
DEFINITIONS = "searchDefinitionsProductTypes"
SELLERS = "getMarketplaceParticipations"
CREATE_FEED = "createFeed"
FEEDS = "createFeed:JSON_LISTINGS_FEED"
CREATE_FEED_DOCUMENT = "createFeedDocument"
GET_FEED = "getFeed"
GET_FEEDS = "getFeeds"
GET_FEED_DOCUMENT = "getFeedDocument"
CREATE_REPORT = "createReport"
GET_REPORT = "getReport"
GET_REPORT_DOCUMENT = "getReportDocument"
CATALOG = "searchCatalogItems"
RESTRICTIONS = "getListingsRestrictions"
APPLICATION_RESTRICTIONS = "getListingsRestrictions:application"
APPLICATION_PUTS = "putListingsItem:application"
APPLICATION_PATCHES = "patchListingsItem:application"

ITEMS = 20
"""Items of one submission: as many as one look at the listings answers for (section "Pull products")."""

FEED_FROM = 1_500
FEED_ITEMS = 25_000
FEED_BYTES = 10 * 1024 * 1024 - 256 * 1024
"""Below 10 MiB with room for what Amazon counts otherwise (section "Bulk")."""

VERDICT_SECONDS = 86_400.0

_FEED = Upload(
    from_items=FEED_FROM,
    max_items=FEED_ITEMS,
    max_weight=FEED_ITEMS,
    max_bytes=FEED_BYTES,
    budget=FEEDS,
    result_deadline_seconds=VERDICT_SECONDS,
)
STOCK = "fulfillment_availability"
OFFER = "purchasable_offer"
LIST_PRICE = "list_price"
EXISTING_ASINS = "existing_asins"
_READ_ONLY = ("summaries", "offers", "issues", "asin")
_ENVELOPE = ("productType", "requirements", "patches", "sku", "messageId", "operationType")

_SETTINGS = (
    SettingField(
        name="region",
        label="Region",
        required=True,
        choices=tuple(HOSTS.values()),
        help="EU (Europe, Turkey, Middle East, India, South Africa), NA (Americas) or FE (Japan, Australia, Singapore).",
        rewrites=tuple((rf"(?i)\s*{region}\s*", host) for region, host in HOSTS.items()),
    ),
    SettingField(
        name="marketplace_id",
        label="Marketplace",
        required=True,
        pattern=r"[A-Z0-9]{10,20}",
        help="The marketplace's id, for example A13V1IB3VIYZZH for amazon.fr. One connector serves one marketplace.",
    ),
    SettingField(
        name="seller_id",
        label="Seller id",
        required=True,
        pattern=r"[A-Z0-9]{5,30}",
        help="The merchant token: Seller Central > Account info > Merchant token.",
    ),
    SettingField(
        name="currency",
        label="Currency",
        pattern="[A-Z]{3}",
        help="Leave it empty: Amazon tells the marketplace's. A price in another currency is never sent.",
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
        help="`unpublish` sets its quantity to zero; `delete` removes the listing. A product that becomes a draft or is archived "
        "leaves the sale in the same way (`keep`: by a quantity of zero), and comes back when it is active again.",
    ),
    SettingField(
        name="without_ean",
        label="Products without an EAN",
        choices=("refuse", "exempt"),
        default="refuse",
        help="`exempt` claims Amazon's exemption from product identifiers, which the brand must have been granted.",
    ),
    SettingField(
        name=EXISTING_ASINS,
        label="Products that Amazon's catalog has",
        choices=("create", "offer", "ask"),
        default="create",
        help="What becomes of a new product whose EAN Amazon knows. `create` sends a whole listing, which Amazon joins with its item; "
        "`offer` sells on the item and sends price, stock and condition alone; `ask` leaves the choice to you. What is mapped to "
        "merchant_suggested_asin decides for `offer` and `ask`.",
    ),
)

_PUSH_PRODUCTS = Capability(
    mode=Mode.BULK,
    upload=_FEED,
    max_items=ITEMS,
    max_weight=2 * ITEMS,
    finality=Finality.VERDICT_LATER,
    semantics=Semantics.MERGE,
    idempotency=Idempotency.UPSERT_BY_KEY,
    concurrency=4,
    settle_seconds=300.0,
    verdict_deadline_seconds=VERDICT_SECONDS,
    phases=("parent", "children"),
    look_up_new=True,
    fields=FieldPolicy(
        sent=("attributes.*",),
        companions=_ENVELOPE,
        create_only=(f"attributes.{STOCK}", f"attributes.{OFFER}", f"attributes.{LIST_PRICE}"),
        read_only=_READ_ONLY,
    ),
)
_PUSH_STOCK = Capability(
    mode=Mode.BULK,
    upload=_FEED,
    max_items=ITEMS,
    finality=Finality.VERDICT_LATER,
    concurrency=4,
    verdict_deadline_seconds=VERDICT_SECONDS,
    fields=FieldPolicy(
        sent=(f"attributes.{STOCK}.quantity",),
        companions=(*_ENVELOPE, f"attributes.{STOCK}.fulfillment_channel_code"),
        read_only=_READ_ONLY,
        channel_owned=(f"attributes.{STOCK}.lead_time_to_ship_max_days", f"attributes.{STOCK}.restock_date"),
    ),
)
_PUSH_PRICES = Capability(
    mode=Mode.BULK,
    upload=_FEED,
    max_items=ITEMS,
    finality=Finality.VERDICT_LATER,
    concurrency=4,
    verdict_deadline_seconds=VERDICT_SECONDS,
    fields=FieldPolicy(
        sent=(f"attributes.{OFFER}.our_price", f"attributes.{LIST_PRICE}"),
        companions=(*_ENVELOPE, f"attributes.{OFFER}.*"),
        read_only=_READ_ONLY,
        channel_owned=(f"attributes.{OFFER}.discounted_price", f"attributes.{OFFER}.quantity_discount_plan"),
    ),
)


def _bucket(name: str, rate: float, burst: float) -> TokenBucketBudget:
    """A bucket of one seller and application in a region, whatever marketplaces their connectors serve.

    A seller's id is public: without the application in the key anybody could spend another's by typing it.
    """
    also = ("lwa_client_id", "region")
    return TokenBucketBudget(
        name=name, rate=rate, burst=burst, scope=BudgetScope.SELLER, key_field="seller_id", key_also=also
    )


def _of_application(name: str, rate: float) -> TokenBucketBudget:
    """A bucket that all sellers of one app drain together."""
    scope = BudgetScope.APPLICATION
    return TokenBucketBudget(name=name, rate=rate, burst=rate, scope=scope, key_field="lwa_client_id")


MANIFEST = Manifest(
    slug=SLUG,
    title="Amazon",
    version="1",
    api_version="listings 2021-08-01",
    credentials=(
        CredentialField(
            name="lwa_client_id",
            label="LWA client id",
            pattern=r"amzn1\.application-oa2-client\.[A-Za-z0-9]+",
            help="Developer Central > your app > View LWA credentials.",
        ),
        CredentialField(
            name="lwa_client_secret",
            label="LWA client secret",
            help="Amazon asks to rotate it every 180 days; after that all calls stop.",
        ),
        CredentialField(
            name="refresh_token",
            label="Refresh token",
            pattern=r"Atzr\|\S+",
            help="From the app's authorisation page. Public apps must be authorised again every 365 days.",
        ),
    ),
    credential_sets=(("lwa_client_id", "lwa_client_secret", "refresh_token"),),
    settings=_SETTINGS,
    host=HostSpec(
        address_setting="region",
        pattern=r"sellingpartnerapi-(na|eu|fe)\.amazon\.com",
        extra_hosts=(SIGN_IN,),
        ports=(443,),
        file_hosts=("amazonaws.com", "cloudfront.net"),
        identity_settings=("seller_id", "marketplace_id"),
    ),
    capabilities={
        Operation.PUSH_PRODUCTS: _PUSH_PRODUCTS,
        Operation.PUSH_STOCK: _PUSH_STOCK,
        Operation.PUSH_PRICES: _PUSH_PRICES,
        Operation.PULL_PRODUCTS: Capability(mode=Mode.BULK, max_items=ITEMS, incremental=True, overlap_seconds=120.0),
    },
    # Section "Rate limits and retries": one bucket for each operation, of one seller and application.
    budgets=(
        *(_bucket(name, 5.0, 5.0) for name in (PUT, PATCH, DELETE, GET, SEARCH, DEFINITION, DEFINITIONS)),
        _bucket(SELLERS, 0.016, 15.0),
        _bucket(CATALOG, 2.0, 2.0),
        _bucket(RESTRICTIONS, 5.0, 10.0),
        _of_application(APPLICATION_RESTRICTIONS, 100.0),
        _of_application(APPLICATION_PUTS, 100.0),
        _of_application(APPLICATION_PATCHES, 500.0),
        _bucket(CREATE_FEED, 1 / 120, 15.0),
        _bucket(FEEDS, 5 / 300, 5.0),
        _bucket(CREATE_FEED_DOCUMENT, 0.5, 15.0),
        _bucket(GET_FEED, 2.0, 15.0),
        _bucket(GET_FEEDS, 1 / 45, 10.0),
        _bucket(GET_FEED_DOCUMENT, 1 / 45, 10.0),
        _bucket(CREATE_REPORT, 1 / 60, 15.0),
        _bucket(GET_REPORT, 2.0, 15.0),
        _bucket(GET_REPORT_DOCUMENT, 1 / 60, 15.0),
    ),
    scopes=("Product Listing",),
)
