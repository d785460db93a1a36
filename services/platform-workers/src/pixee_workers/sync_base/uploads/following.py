"""How items that a file's result leaves open are asked for: as a remote job, by their chunk, or late by whoever looks at the file. Pure."""

from collections.abc import Sequence
from uuid import UUID

from pixee_workers.sync_base.outcomes import RemoteJob
from pixee_workers.sync_base.upload_contract import FollowUp
from pixee_workers.sync_base.uploads.completing import kept_of
from pixee_workers.sync_base.uploads.rows import OpenFile, Part


def followed(part: Part, items: Sequence[UUID], follow: FollowUp, file: OpenFile) -> RemoteJob:
    """The remote job for these items of the part."""
    sent = {str(item): part.sent[str(item)] for item in items}
    refs = {item: one.get("sku") for item, one in sent.items()}
    correlation = {"refs": refs, **kept_of(sent)}
    return RemoteJob(
        follow.kind,
        file.uploaded.remote_id,
        tuple(items),
        correlation,
        follow.poll_in_seconds,
        follow.deadline_seconds,
    )
