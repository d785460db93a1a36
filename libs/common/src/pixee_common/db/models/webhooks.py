"""Webhook deliveries from shops, as they came in: unverified until a worker, which alone can open the secret, has judged them."""

from sqlalchemy import BigInteger, Column, Identity, Index, LargeBinary, Table, text

from pixee_common.db.models.metadata import born, key, metadata, moment, words

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
    Column("body", LargeBinary, nullable=False, comment="Emptied as soon as it was judged."),
    words("state", server_default=text("'received'"), comment="received, wanted (a pull is to be started), done"),
    words("result", nullable=True, comment="pull, echo, ignored, forged, no_secret, not_active, unreadable"),
    born("received_at"),
    moment("judged_at"),
    Index("ix_webhook_deliveries_received", "connector_id", "id", postgresql_where=text("state = 'received'")),
    Index("ix_webhook_deliveries_wanted", "id", postgresql_where=text("state = 'wanted'")),
    Index(None, "received_at"),
)
