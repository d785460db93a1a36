"""What a file's result says of one item. Pure."""

from uuid import UUID

from pixee_workers.sync_base.outcomes import Outcome
from pixee_workers.sync_base.upload_contract import Collected, Verdict
from pixee_workers.sync_base.uploads.rows import Part


def verdict_on(part: Part, item_id: UUID, collected: Collected) -> Verdict:
    """What the result says of the item."""
    ref = part.refs.get(str(item_id))
    if ref is None:
        return collected.unmentioned
    sku = part.sent.get(str(item_id), {}).get("sku")
    return collected.verdicts.get(ref) or collected.named.get(str(sku)) or collected.unmentioned


def outcome_of(item_id: UUID, verdict: Verdict) -> Outcome:
    """The verdict as the outcome of one item."""
    return Outcome(
        item_id,
        verdict.kind,
        verdict.reason,
        verdict.message,
        verdict.where,
        linked=verdict.linked,
        carried_stock=verdict.carried_stock,
        carried_price=verdict.carried_price,
        created=verdict.created,
        warnings=verdict.warnings,
    )
