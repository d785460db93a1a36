"""Our products and variants at the shops: listings and, for each operation, what was last sent; what waits to be sent by itself."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, SmallInteger, Table, text

from pixee_common.db.models.metadata import born, document, key, metadata, moment, words

listings = Table(
    "listings",
    metadata,
    key("connector_id", primary_key=True),
    key("item_id", primary_key=True, comment="Product or variant."),
    words("kind", comment="product, variant"),
    key("account_id"),
    key("product_id"),
    words("shop_identity"),
    words("external_id", nullable=True, comment="Null while the create is only intended."),
    words("parent_external_id", nullable=True),
    document(
        "refs",
        server_default=text("'{}'"),
        comment="More ids of that external id: a push tells all, so its refs replace; a pull tells what the shop shows, so its refs add"
        " (null forgets a name); another external id begins anew.",
    ),
    words(
        "state",
        comment="intent, confirmed, quarantined, gone (removed at the shop by hand: the next push makes it anew)",
    ),
    born(),
    born("updated_at"),
    Index(
        "uq_listings_external",
        "connector_id",
        "kind",
        "external_id",
        unique=True,
        postgresql_where=text("external_id IS NOT NULL"),
    ),
    Index("ix_listings_product", "connector_id", "product_id"),
    Index("ix_listings_item", "item_id"),
)

listing_operations = Table(
    "listing_operations",
    metadata,
    key("connector_id", primary_key=True),
    key("item_id", primary_key=True),
    words("operation", primary_key=True),
    key("account_id"),
    Column("hash", LargeBinary, nullable=True, comment="Over mapped values and adapter version."),
    Column("catalog_version", BigInteger, nullable=False, server_default=text("0")),
    Column(
        "mapping_version",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="The connector's mapping and settings by which it was translated.",
    ),
    moment("sent_at"),
    Column("failures", SmallInteger, nullable=False, server_default=text("0")),
    words("failure_reason", nullable=True),
    document(
        "verdict",
        nullable=True,
        comment="What the platform said after the item's outcome was final: {outcome, reason, message, at}.",
    ),
    words("failure_message", nullable=True, comment="Of the newest failure."),
    words(
        "failure_class",
        nullable=True,
        comment="Reason and kind of message: failures of one class are the same failure.",
    ),
    Column("failure_hash", LargeBinary, nullable=True, comment="Of what failed; another hash is another attempt."),
    moment("failing_since", comment="The first of the failures that are counted."),
    Index(
        "ix_listing_operations_quarantine",
        "connector_id",
        "item_id",
        "operation",
        postgresql_where=text("failures >= 3"),
    ),
)

seen_values = Table(
    "seen_values",
    metadata,
    key("connector_id", primary_key=True),
    key("item_id", primary_key=True),
    key("account_id"),
    document("values", comment="The shop's values as last pulled, by field."),
    Column(
        "digest",
        LargeBinary,
        nullable=True,
        comment="Of a product as it last came: the same again is told from a change.",
    ),
    born("seen_at"),
)

pending_changes = Table(
    "pending_changes",
    metadata,
    key("connector_id", primary_key=True),
    words("operation", primary_key=True),
    key("item_id", primary_key=True),
    key("account_id"),
    Column("version", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    born(),
    Index("ix_pending_changes_oldest", "connector_id", "operation", "created_at"),
)

resends = Table(
    "resends",
    metadata,
    key("connector_id", primary_key=True),
    words("operation", primary_key=True),
    key("account_id"),
    key("after", nullable=True, comment="Last item gone through."),
    born(),
)
