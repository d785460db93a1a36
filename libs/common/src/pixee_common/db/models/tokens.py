"""Access tokens fetched from platforms, shared by all workers: sealed like credentials, and read by workers alone."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, text

from pixee_common.db.models.metadata import key, metadata, moment, words

access_tokens = Table(
    "access_tokens",
    metadata,
    key("connector_id", primary_key=True),
    key("account_id"),
    words("key_id", nullable=True),
    Column("ciphertext", LargeBinary, nullable=True, comment="Null until a first token was fetched."),
    Column(
        "credentials_version",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="Of the credentials that it belongs to; with newer ones it is worthless.",
    ),
    moment("expires_at"),
    moment("use_until", comment="A little before it expires: no call begins with it afterwards."),
    moment("refresh_after", comment="When a worker fetches the next one, even if nobody needs it."),
    Column("version", Integer, nullable=False, server_default=text("0"), comment="Raised with each token."),
    key("leased_by", nullable=True, comment="The one fetch that is under way."),
    moment("leased_until"),
    Column("leased_for", Integer, nullable=True, comment="Version of the credentials that it fetches with."),
    moment("rest_until", comment="A fetch has failed: nobody tries again before, but with newer credentials."),
    Index("ix_access_tokens_due", "refresh_after", postgresql_where=text("refresh_after IS NOT NULL")),
)
