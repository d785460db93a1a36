"""A feed's processing report: which records it refuses, and which it took. Pure.

Issues name messages; what was taken is named by its SKU alone, and only since the feed asks for it. An issue without a message is
about the feed: then nothing of it was done (sheet, "Bulk").
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api.issues import Judged, judged
from pixee_workers.sync_base.outcomes import Linked
from pixee_workers.sync_base.upload_contract import Verdict

_TAKEN = Verdict(OutcomeKind.ACCEPTED)
_SILENT = Verdict(OutcomeKind.UNKNOWN, ReasonCode.ANSWER_UNKNOWN, "Amazon's result does not speak of it.")


@dataclass(frozen=True, slots=True)
class Result:
    """`refused` by record, `taken` by SKU; `unmentioned` for the rest."""

    refused: Mapping[int, Verdict]
    taken: Mapping[str, Verdict]
    unmentioned: Verdict


def read(report: Mapping[str, Any], ref_of: Callable[[int], int]) -> Result:
    """See module. A record with several messages is refused when one of them is."""
    by_message: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    whole: list[Mapping[str, Any]] = []
    for issue in report.get("issues") or ():
        number = issue.get("messageId")
        if isinstance(number, int):
            by_message[number].append(issue)
        else:
            whole.append(issue)
    feed = judged(whole, "The feed")
    if feed.kind is not None:
        return Result({}, {}, Verdict(OutcomeKind.REJECTED, feed.reason, feed.message, feed.field))
    refused: dict[int, Verdict] = {}
    for number, issues in sorted(by_message.items()):
        sku = str(issues[0].get("sku") or f"message {number}")
        found = judged(issues, sku)
        if found.kind is not None:
            refused.setdefault(ref_of(number), _verdict(found, sku))
    items = report.get("items")
    if not isinstance(items, list):
        # Nothing was listed although it was asked for: what has no error was taken, and the later look finds what was not.
        return Result(refused, {}, _TAKEN)
    return Result(refused, {str(one.get("sku")): _TAKEN for one in items if isinstance(one, Mapping)}, _SILENT)


def _verdict(found: Judged, sku: str) -> Verdict:
    if found.gone:
        message = f"Amazon does not have {sku} any more."
        return Verdict(OutcomeKind.TRANSIENT, ReasonCode.NOT_FOUND_AT_SHOP, message, linked=Linked(gone=(sku,)))
    return Verdict(OutcomeKind.REJECTED, found.reason, found.message, found.field)
