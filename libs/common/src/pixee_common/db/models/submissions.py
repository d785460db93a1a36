"""Files that went to platforms: one row each. Their chunks are rows of `remote_jobs`, which name the submission.

Kept apart from `remote_jobs` because a file is asked for once, however many chunks it holds.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, text

from pixee_common.db.models.metadata import born, document, key, metadata, moment, words

submissions = Table(
    "submissions",
    metadata,
    key("id", primary_key=True, comment="Also the key of its content: the same for every repetition of the call."),
    key("account_id"),
    key("connector_id"),
    words("platform"),
    words("route_key"),
    words("operation"),
    words("kind", comment="The adapter's word; empty until the platform took it."),
    words("remote_id", nullable=True),
    document("correlation", server_default=text("'{}'"), comment="The adapter's own."),
    words(
        "state",
        server_default=text("'begun'"),
        comment="begun; open: the platform has it; done; lost: nobody knows, or it was not taken.",
    ),
    Column("records", Integer, nullable=False, server_default=text("0")),
    Column(
        "bytes", BigInteger, nullable=False, server_default=text("0"), comment="0 until the call is about to be made."
    ),
    Column("polls", Integer, nullable=False, server_default=text("0")),
    moment("next_poll_at"),
    moment("deadline_at"),
    born(),
    moment("ended_at"),
    Index("ix_submissions_begun", "connector_id", "operation", postgresql_where=text("state = 'begun'")),
    Index("ix_submissions_due", "next_poll_at", postgresql_where=text("state = 'open'")),
)
