"""The catalog: products, variants, stock, price lists, and what has been taken from which source. One writer: the orchestrator.

Each aspect has its own version, drawn from one sequence: content on the product, price and stock on the variant.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, Numeric, Sequence, Table, text

from pixee_common.db.models.metadata import born, document, key, metadata, moment, words

catalog_version = Sequence("catalog_version", metadata=metadata)

products = Table(
    "products",
    metadata,
    key("id", primary_key=True),
    key("account_id"),
    words("key", comment="The account's own key of the product."),
    document("content", comment="Product without key and variants, as domain.Product writes it."),
    Column("content_version", BigInteger, nullable=False),
    words("origin", comment="Source of the last content change: `pull:<connector id>` or the event's source."),
    moment("deleted_at", comment="Tombstone."),
    born(),
    born("updated_at"),
    Index("uq_products_key", "account_id", "key", unique=True),
    Index("ix_products_pages", "account_id", "id"),
)

variants = Table(
    "variants",
    metadata,
    key("id", primary_key=True),
    key("account_id"),
    key("product_id"),
    Column("position", Integer, nullable=False, server_default=text("0")),
    words("sku"),
    words("ean", nullable=True, comment="Valid GTIN as given."),
    words("ean_key", nullable=True, comment="GTIN without leading zeros: what two spellings share."),
    document("content", comment="Variant without sku, ean, prices and stock."),
    Column("base_price", Numeric(18, 4), nullable=True),
    Column("compare_at_price", Numeric(18, 4), nullable=True),
    Column("cost", Numeric(18, 4), nullable=True),
    words("currency", nullable=True),
    Column("price_version", BigInteger, nullable=False),
    words("price_origin"),
    Column("stock_version", BigInteger, nullable=False),
    words("stock_origin"),
    moment("deleted_at"),
    born(),
    Index("uq_variants_sku", "account_id", "sku", unique=True, postgresql_where=text("deleted_at IS NULL")),
    Index("ix_variants_pages", "account_id", "id", postgresql_where=text("deleted_at IS NULL")),
    Index("ix_variants_product", "product_id"),
    Index(
        "ix_variants_ean", "account_id", "ean_key", postgresql_where=text("deleted_at IS NULL AND ean_key IS NOT NULL")
    ),
)

stock = Table(
    "stock",
    metadata,
    key("variant_id", primary_key=True),
    words("location", primary_key=True),
    key("account_id"),
    Column("quantity", BigInteger, nullable=False),
)

price_lists = Table(
    "price_lists",
    metadata,
    key("id", primary_key=True),
    key("account_id"),
    words("key", comment="The account's own key of the price list."),
    words("channel"),
    words("currency"),
    moment("valid_from"),
    moment("valid_until"),
    Index("uq_price_lists_key", "account_id", "key", unique=True),
)

price_list_items = Table(
    "price_list_items",
    metadata,
    key("price_list_id", primary_key=True),
    key("variant_id", primary_key=True),
    key("account_id"),
    Column("price", Numeric(18, 4), nullable=False),
    Column("compare_at_price", Numeric(18, 4), nullable=True),
    Index(None, "variant_id"),
)

catalog_sequences = Table(
    "catalog_sequences",
    metadata,
    key("account_id", primary_key=True),
    words("source", primary_key=True),
    words("entity", primary_key=True, comment="Kind and key, for example `product:A-1`."),
    Column("sequence", BigInteger, nullable=False),
    words("status", comment="applied, unchanged, stale, refused"),
    words("reason", nullable=True),
    born("at"),
)
