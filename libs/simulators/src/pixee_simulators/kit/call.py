"""One request in the hands of a platform's handler: the shop, the body, and the place to say what was committed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic

from aiohttp import web

from pixee_simulators.kit.request_log import Entry
from pixee_simulators.kit.shop import Shop, State


@dataclass(slots=True)
class Call(Generic[State]):
    """Found by `call_of(request)`. `body` is the whole raw body."""

    shop: Shop[State]
    entry: Entry
    body: bytes

    def touched(self, *, skus: Iterable[str] = (), ids: Iterable[object] = ()) -> None:
        """Items this request was about, for the request log."""
        self.entry.skus.extend(skus)
        self.entry.ids.extend(str(one) for one in ids)

    def committed(self, *, created: int = 0, updated: int = 0, deleted: int = 0, what: str = "item") -> None:
        """Sellable objects that are now really changed in the shop. `what`: `product`, `variant`…, counted apart too."""
        for name, number in (("created", created), ("updated", updated), ("deleted", deleted)):
            setattr(self.entry, name, getattr(self.entry, name) + number)
            setattr(self.shop.counts, name, getattr(self.shop.counts, name) + number)
            self.shop.counts.commits[f"{what}_{name}"] += number
        self.shop.touch()

    def note(self, **extra: Any) -> None:
        """Platform's own facts for the log entry's `extra` (query cost, bucket left…): plain JSON."""
        self.entry.extra.update(extra)


CALL: web.RequestKey[Call[Any]] = web.RequestKey("call", Call)


def call_of(request: web.Request) -> Call[Any]:
    """The call that the kit opened for this request."""
    return request[CALL]
