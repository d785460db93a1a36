"""What is going to be called for one item, before anything is."""

from dataclasses import dataclass, field
from typing import Any

from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api.wire import Call
from pixee_workers.sync_base.outcomes import Notice


@dataclass(slots=True)
class Plan:
    """Calls in their order, and what a later look has to know (`following` reads it)."""

    calls: list[Call] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)

    def remove(self, sku: str) -> None:
        """Take a listing away, once, unless this plan writes it."""
        if all(call["sku"] != sku for call in self.calls):
            self.calls.append({"sku": sku, "method": "DELETE"})
            self.kept.setdefault("removed", []).append(sku)

    def note(self, sku: str, refs: dict[str, Any]) -> None:
        """What is to be noted of a listing beside what is noted of all of them."""
        if refs:
            self.kept.setdefault("more", {}).setdefault(sku, {}).update(refs)

    def warn(self, reason: ReasonCode, message: str, field_name: str) -> None:
        """Something a person should know though the item goes through."""
        self.kept.setdefault("notices", []).append([reason.value, message, field_name])


def notices_of(kept: dict[str, Any]) -> tuple[Notice, ...]:
    """The warnings that a plan left."""
    return tuple(Notice(ReasonCode(reason), message, name) for reason, message, name in kept.get("notices") or ())
