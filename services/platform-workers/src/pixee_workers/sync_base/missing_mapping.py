"""What is not mapped, as the refusal of an item: found before any call, and worded so that a merchant knows what to map."""

from pixee_common.domain.mapping import Unmapped
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.outcomes import Refusal

_MOST_NAMED = 10


def missing_mapping(first: Unmapped, *others: Unmapped) -> Refusal:
    """The refusal of an item for which these entries are missing. `field` is the first one's path in the mapping."""
    entries = list(dict.fromkeys((first, *others)))
    message = " ".join(entry.message for entry in entries[:_MOST_NAMED])
    if len(entries) > _MOST_NAMED:
        message = f"{message} And {len(entries) - _MOST_NAMED} more."
    return Refusal(ReasonCode.MISSING_MAPPING, message, first.field)
