"""What keeps the machinery going: routes and their owners, shared budgets, workers, the outbox, dead letters."""

from typing import Any

from sqlalchemy import REAL, BigInteger, Column, Double, Identity, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY

from pixee_common.db.models.metadata import born, document, key, metadata, moment, words

routes = Table(
    "routes",
    metadata,
    words("route_key", primary_key=True),
    words("platform"),
    key("worker_id", nullable=True, comment="The owner."),
    Column(
        "epoch",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="Raised at each change of owner: fences the old one.",
    ),
    document("budgets", server_default=text("'{}'"), comment="State of the budgets at the last hand-over."),
    Column(
        "chunks_per_second",
        REAL,
        nullable=False,
        server_default=text("1"),
        comment="Measured by the owner; sizes the window.",
    ),
    born("updated_at"),
    Index(None, "worker_id"),
)


def _figure(name: str, default: str | None = "0", comment: str | None = None) -> Column[Any]:
    server_default = None if default is None else text(default)
    return Column(name, Double, nullable=default is None, server_default=server_default, comment=comment)


def _figures(name: str, comment: str) -> Column[Any]:
    return Column(name, ARRAY(Double), nullable=False, server_default=text("'{}'"), comment=comment)


shared_budgets = Table(
    "shared_budgets",
    metadata,
    words("platform", primary_key=True),
    words("name", primary_key=True, comment="The budget's name in the manifest."),
    words("key", primary_key=True, comment="SHA-256 of the value that tells it apart; empty: the whole platform."),
    _figure(
        "full_at", comment="Token buckets and slots: when all is there again. Seconds since 1970, this server's clock."
    ),
    _figures("places", "Windows: moments at which calls were counted. Days: their numbers since 1970."),
    _figures("amounts", "How much was counted at each place."),
    _figure("blocked_until", comment="The platform asked for a pause until then; seconds since 1970."),
    _figure("pace", "1", "Factor on the rate, halved by a refusal without a time."),
    _figure("paced_at", comment="When the factor was set; seconds since 1970."),
    _figure("learnt_at", comment="When the platform last corrected it; seconds since 1970."),
    _figure("rate", None, "What the platform said the rate is, where it did."),
    _figure("maximum", None, "What the platform said is there at once, where it did."),
    key("lease_id", nullable=True, comment="The last lease: only it may be undone exactly."),
    born("updated_at"),
)

workers = Table(
    "workers",
    metadata,
    key("id", primary_key=True),
    Column("platforms", ARRAY(Text), nullable=False),
    words("host"),
    Column("pid", Integer, nullable=False),
    words("version"),
    born("started_at"),
    born("heartbeat_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    words("topic"),
    Column("key", LargeBinary, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    document("headers", comment="Name to text."),
    born(),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    key("account_id", nullable=True),
    words("topic"),
    Column("partition", Integer, nullable=True),
    Column("offset", BigInteger, nullable=True),
    Column("key", LargeBinary, nullable=True),
    Column("payload", LargeBinary, nullable=False),
    document("headers"),
    words("reason"),
    words("message"),
    born("first_seen_at"),
    moment("replayed_at"),
    Index(
        "uq_dead_letters_place",
        "topic",
        "partition",
        "offset",
        unique=True,
        postgresql_where=text('"offset" IS NOT NULL'),
    ),
)
