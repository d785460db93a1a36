"""After a bulk mutation: ids of what was created, attributes of products that the shop had before, channels and translations, for
each chunk of the file.

Translations need the digests of the texts that the file has just written, so they are a second step and never ride in the file: the
digests of a chunk come with one call or two, and ten products are translated by one.

Whoever has all ids already costs no call. Everything here may be repeated.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.shopify import cost, publishing, translating, wire
from pixee_workers.platforms.shopify.metafields import Metafield
from pixee_workers.platforms.shopify.products import trouble_in
from pixee_workers.platforms.shopify.remote import variants_of
from pixee_workers.platforms.shopify.requests import ask
from pixee_workers.platforms.shopify.verdicts import again
from pixee_workers.platforms.shopify.written import Trouble, Written, applied
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.outcomes import Linked, Outcome, PollResult, RemoteJob

_POINTS = 900
_PRODUCTS = 100
_SETS = 10


@dataclass(frozen=True, slots=True)
class _Sent:
    """An item of the file. `sets`: groups of metafields."""

    key: str
    written: Written
    sets: Sequence[Sequence[Metafield]]

    @property
    def is_known(self) -> bool:
        """Whether nothing is to be learnt of it."""
        written = self.written
        return written.product is not None and None not in written.sent_ids and not written.urls

    @property
    def variants(self) -> int:
        return min(len(self.written.sent_ids), wire.PAGE_MAX)

    @property
    def points(self) -> int:
        return 1 + cost.connection(self.variants, 2) + len(self.written.urls)

    @property
    def kind(self) -> str:
        """As `wire.written_products` has it."""
        return ("k" if self.written.product is None else "i") + ("m" if self.written.urls else "")


async def poll(job: RemoteJob, context: CallContext) -> PollResult:
    """Every item that went well, with its ids."""
    kept = cast("Mapping[str, Any]", job.correlation["kept"])
    sent = [_sent(kept[str(item)]) for item in job.item_ids]
    there = await _read([one for one in sent if not one.is_known], context)
    troubles = await _set(
        [one for one in sent if one.written.item_id not in there or there[one.written.item_id]], context
    )
    outcomes = [await _outcome(one, there, troubles, context) for one in sent]
    translated = await translating.all_translated(
        [(one.written, outcome) for one, outcome in zip(sent, outcomes, strict=True)], context
    )
    return PollResult(tuple(translated), done=True)


def _sent(kept: Mapping[str, Any]) -> _Sent:
    return _Sent(kept["key"], Written.model_validate(kept["written"]), kept["sets"])


async def _outcome(
    one: _Sent,
    there: Mapping[UUID, Mapping[str, Any] | None],
    troubles: Mapping[UUID, Trouble],
    context: CallContext,
) -> Outcome:
    written = one.written.model_copy(update={"trouble": troubles.get(one.written.item_id)})
    if one.is_known:
        return await publishing.published(written, applied(written, str(written.product), (), ()), context)
    product = there[written.item_id]
    if product is None:
        lost = (written.product, *written.sent_ids)
        message = "The shop has lost the product again; it is made anew."
        gone = Linked(gone=tuple(external for external in lost if external is not None))
        return again(written.item_id, ReasonCode.NOT_FOUND_AT_SHOP, message, gone)
    media = [node["id"] for node in (product.get("media") or {"nodes": ()})["nodes"]]
    outcome = applied(written, product["id"], await variants_of(product, context), media)
    return await publishing.published(written, outcome, context)


async def _read(wanted: Sequence[_Sent], context: CallContext) -> dict[UUID, Mapping[str, Any] | None]:
    found: dict[UUID, Mapping[str, Any] | None] = {}
    for part in _parts(wanted):
        variables: dict[str, Any] = {}
        for index, one in enumerate(part):
            variables |= {f"at{index}": one.written.product or one.key, f"v{index}": one.variants}
            if one.written.urls:
                variables[f"m{index}"] = len(one.written.urls)
        text = wire.written_products(tuple(one.kind for one in part))
        data, _ = await ask(context, "writtenProducts", text, variables, cost=sum(one.points for one in part))
        found |= {one.written.item_id: data.get(f"p{index}") for index, one in enumerate(part)}
    return found


def _parts(wanted: Sequence[_Sent]) -> Iterator[list[_Sent]]:
    """As many products as a document may ask for."""
    part: list[_Sent] = []
    for one in wanted:
        if part and (len(part) == _PRODUCTS or sum(other.points for other in part) + one.points > _POINTS):
            yield part
            part = []
        part.append(one)
    if part:
        yield part


async def _set(wanted: Sequence[_Sent], context: CallContext) -> dict[UUID, Trouble]:
    """What Shopify refuses of the attributes, by item."""
    groups = [(one.written.item_id, group) for one in wanted for group in one.sets]
    found: dict[UUID, Trouble] = {}
    for start in range(0, len(groups), _SETS):
        part = groups[start : start + _SETS]
        variables = {f"set{index}": group for index, (_, group) in enumerate(part)}
        text = wire.set_metafields(len(part))
        data, _ = await ask(context, "metafieldsSet", text, variables, cost=cost.MUTATION * len(part))
        for index, (item, _group) in enumerate(part):
            if (trouble := trouble_in(data, (index,))) is not None:
                found.setdefault(item, trouble)
    return found
