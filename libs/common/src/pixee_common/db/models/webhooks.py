"""Webhook deliveries from shops, as they came in: unverified until a worker, which alone can open the secret, has read them."""

from sqlalchemy import BigInteger, Column, Identity, Index, LargeBinary, Table, text

from pixee_common.db.models.metadata import born, document, key, metadata, moment, words

STATES = "received, told (true, and not judged yet), wanted (a pull is to be started), done"
RESULTS = "pull, echo, gone, ignored, forged, no_secret, not_active, unreadable; before the end overflow: others were dropped behind it"

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    key("account_id"),
    key("connector_id"),
    words("platform"),
    words("topic"),
    words("delivery_id"),
    words("signature"),
    Column("body", LargeBinary, nullable=False, comment="Emptied as soon as it was read."),
    words("state", server_default=text("'received'"), comment=STATES),
    words("result", nullable=True, comment=RESULTS),
    words("external_id", nullable=True, comment="The shop's object that it tells of."),
    document("told", nullable=True, comment="What it tells, in the words of a pull; emptied when it was judged."),
    born("received_at"),
    moment("judged_at"),
    Index("ix_webhook_deliveries_received", "connector_id", "id", postgresql_where=text("state = 'received'")),
    Index("ix_webhook_deliveries_told", "connector_id", "external_id", "id", postgresql_where=text("state = 'told'")),
    Index("ix_webhook_deliveries_wanted", "id", postgresql_where=text("state = 'wanted'")),
    Index(None, "received_at"),
)
