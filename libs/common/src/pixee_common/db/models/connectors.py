"""A merchant's configured links to shops: connectors, their sealed credentials, mapping and requirements, and probes (test, describe)."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY

from pixee_common.db.models.metadata import born, document, key, metadata, moment, words

connectors = Table(
    "connectors",
    metadata,
    key("id", primary_key=True),
    key("account_id"),
    words("name"),
    words("platform"),
    words("status", server_default=text("'active'"), comment="active, paused, error"),
    words("last_error", nullable=True),
    document("settings", comment="By setting name; the platform's manifest says which."),
    words("shop_identity", comment="Normalised address: the same shop, the same identity."),
    words("route_key"),
    Column("allow_shared", Boolean, nullable=False, server_default=text("false")),
    Column("mapping_version", Integer, nullable=False, server_default=text("0")),
    words("shop_currency", nullable=True, comment="Learnt by test or by a worker's first call."),
    Column(
        "auto_sync",
        ARRAY(Text),
        nullable=False,
        server_default=text("'{}'"),
        comment="Push operations that a change of the catalog starts by itself.",
    ),
    moment("last_sync_at"),
    moment("deleted_at"),
    moment("erase_after", comment="Deleted connectors: when the credentials may be erased."),
    born(),
    born("updated_at"),
    Index(None, "account_id", "id"),
    Index(
        "ix_connectors_identity", "account_id", "platform", "shop_identity", postgresql_where=text("deleted_at IS NULL")
    ),
    Index(None, "route_key"),
    Index("ix_connectors_auto_sync", "account_id", postgresql_where=text("auto_sync <> '{}'")),
)

credentials = Table(
    "credentials",
    metadata,
    key("connector_id", primary_key=True),
    key("account_id"),
    words("key_id"),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
    born("updated_at"),
)

mappings = Table(
    "mappings",
    metadata,
    key("connector_id", primary_key=True),
    key("account_id"),
    Column("version", Integer, nullable=False),
    document("body"),
    born("updated_at"),
)

requirements = Table(
    "requirements",
    metadata,
    key("connector_id", primary_key=True),
    key("account_id"),
    document("body"),
    born("fetched_at"),
)

probes = Table(
    "probes",
    metadata,
    key("id", primary_key=True),
    key("account_id"),
    key("connector_id"),
    words("platform"),
    words("route_key"),
    words("kind", server_default=text("'test'"), comment="test, describe"),
    words("traceparent", nullable=True),
    born("asked_at"),
    key("worker_id", nullable=True),
    moment("taken_at"),
    moment("answered_at"),
    document("answer", nullable=True),
    Index("ix_probes_open", "platform", "asked_at", postgresql_where=text("taken_at IS NULL")),
    Index(None, "asked_at"),
)
