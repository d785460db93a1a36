"""Who uses the system, and what they did: accounts, API keys, idempotency keys, the audit log."""

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY

from pixee_common.db.models.metadata import born, document, key, metadata, moment, words

accounts = Table(
    "accounts",
    metadata,
    key("id", primary_key=True),
    words("name"),
    Column(
        "product_count",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="Live products, kept by the catalog writer.",
    ),
    born(),
)

api_keys = Table(
    "api_keys",
    metadata,
    words("id", primary_key=True),
    key("account_id"),
    words("name"),
    Column("secret_sha256", LargeBinary, nullable=False),
    Column("permissions", ARRAY(Text), nullable=False),
    moment("expires_at"),
    moment("revoked_at"),
    moment("last_used_at"),
    born(),
    Index(None, "account_id"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    key("account_id", primary_key=True),
    words("route", primary_key=True, comment="Method and path."),
    words("key", primary_key=True),
    Column("body_sha256", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    document("answer"),
    born(),
    Index(None, "created_at"),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    key("account_id"),
    words("actor", comment="API key id, or the service."),
    words("action"),
    words("target"),
    document("details", server_default=text("'{}'")),
    born("at"),
    Index(None, "account_id", "id"),
)
