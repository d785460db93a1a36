"""What keeps the machinery going: routes and their owners, workers, the outbox, dead letters."""

from sqlalchemy import REAL, BigInteger, Column, Identity, Index, Integer, LargeBinary, Table, Text, text
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
