"""Translations of products that were just written: digests read, texts registered, what is gone removed; of one product or of many.

A product whose texts and translations stand at the shop as far as we know costs no call. Everything here may be repeated: texts are
registered by key and language, and what is not there need not be removed. Unverified, and nothing hangs on it: that a call is all or
nothing. A language that the shop lacks is a warning, since the product itself is whole; a text that Shopify refuses fails the item,
which stays linked, so that the next push sends it again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as made
from typing import Any, TypeVar

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.shopify import cost, languages, wire
from pixee_workers.platforms.shopify.languages import Languages
from pixee_workers.platforms.shopify.requests import ask, payload_of
from pixee_workers.platforms.shopify.translations import FIELDS, SETTING, TRANSLATIONS, Translations, noted, registered
from pixee_workers.platforms.shopify.user_errors import TRANSLATE, Step
from pixee_workers.platforms.shopify.verdicts import UserError, user_errors
from pixee_workers.platforms.shopify.written import Written
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Listing
from pixee_workers.sync_base.outcomes import Notice, Outcome

_AT_ONCE = 100
"""Texts of one call. Shopify has a limit (TOO_MANY_KEYS_FOR_RESOURCE) that neither sheet nor schema numbers."""
_READ = 100
_WRITES = 10
_SIGNS = 500_000
"""Of the texts in one document, beside at least one: descriptions in many languages are long."""
_NODE = 2

Digests = Mapping[str, str]
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class _Step:
    """One mutation on one product: `given` for translationsRegister, else `keys` and `locales` for translationsRemove."""

    product: str
    given: Sequence[Mapping[str, str]] = ()
    keys: Sequence[str] = ()
    locales: Sequence[str] = ()

    @property
    def kind(self) -> str:
        """As `wire.translate` has it."""
        return "r" if self.given else "x"

    @property
    def signs(self) -> int:
        return sum(len(one["value"]) for one in self.given)

    def variables(self, place: int) -> dict[str, Any]:
        own: dict[str, Any] = {f"id{place}": self.product}
        if self.given:
            return own | {f"t{place}": list(self.given)}
        return own | {f"k{place}": list(self.keys), f"l{place}": list(self.locales)}


@dataclass(slots=True)
class _Task:
    """The work on one product and what came of it."""

    listing: Listing
    work: Translations
    languages: Languages
    keys: dict[str, list[str]] = made(default_factory=dict)
    """By locale, what may stand at the shop when we are done."""
    notices: list[Notice] = made(default_factory=list)
    error: UserError | None = None
    refused: str = " of the translations"
    """Of what the error speaks."""
    field: str = TRANSLATIONS
    lost: bool = False
    """The shop does not show the product's texts."""

    def removals(self) -> Iterator[_Step]:
        """A language that the shop lacks took its translations along."""
        by_keys: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for locale, keys in self.work.gone.items():
            if self.languages.missing(locale) is None:
                by_keys[keys].append(locale)
        for keys, locales in by_keys.items():
            yield _Step(self.listing.external_id, keys=keys, locales=locales)

    @property
    def reads(self) -> bool:
        """Whether there is a text that can be sent."""
        return any(self.languages.missing(locale) is None for locale in self.work.texts)

    def registrations(self, digests: Mapping[str, Digests]) -> Iterator[_Step]:
        own = digests.get(self.listing.external_id, {})
        given = []
        for locale, texts in self.work.texts.items():
            if (why := self.languages.missing(locale)) is not None:
                self.notices.append(Notice(ReasonCode.MISSING_MAPPING, why, SETTING))
                continue
            for key, value in texts.items():
                if key not in own:
                    message = f"Shopify shows no {key} of the product's own, so the one in {locale} was not sent."
                    self.notices.append(Notice(ReasonCode.MISSING_FIELD, message, FIELDS[key]))
                    continue
                given.append({"locale": locale, "key": key, "value": value, "translatableContentDigest": own[key]})
                self.keys.setdefault(locale, []).append(key)
        for group in _groups(given, lambda one: len(one["value"]), _AT_ONCE):
            yield _Step(self.listing.external_id, group)

    def failed(self, step: _Step, error: UserError) -> None:
        """The first error counts."""
        if self.error is not None:
            return
        self.error = error
        place = error.index("translations")
        if place is not None and place < len(step.given):
            one = step.given[place]
            self.refused, self.field = f" of the {one['key']} in {one['locale']}", FIELDS[one["key"]]


async def translated(written: Written, outcome: Outcome, context: CallContext) -> Outcome:
    """The outcome of a product that was just written, once its translations are there too; what Shopify refuses is told."""
    (one,) = await all_translated([(written, outcome)], context)
    return one


async def all_translated(pairs: Sequence[tuple[Written, Outcome]], context: CallContext) -> list[Outcome]:
    """`translated`, of many products with few calls; in their order."""
    open_ones = [(written, outcome) for written, outcome in pairs if _is_open(written, outcome)]
    if not open_ones:
        return [outcome for _, outcome in pairs]
    wanted = {locale for written, _ in open_ones if written.translations for locale in written.translations.texts}
    known = await languages.there(context, *sorted(wanted))
    tasks = {
        outcome.item_id: _Task(outcome.linked.product, written.translations, known, registered(written.known_refs))
        for written, outcome in open_ones
        if written.translations is not None and outcome.linked.product is not None
    }
    await _done(list(tasks.values()), context)
    return [_told(outcome, tasks.get(outcome.item_id), context) for _, outcome in pairs]


def _is_open(written: Written, outcome: Outcome) -> bool:
    """What failed already comes again as a whole."""
    return (
        written.translations is not None and outcome.kind is OutcomeKind.APPLIED and outcome.linked.product is not None
    )


async def _done(tasks: Sequence[_Task], context: CallContext) -> None:
    by_product = {task.listing.external_id: task for task in tasks}
    asked = [task for task in tasks if task.reads]
    digests = await _digests(asked, context)
    for task in asked:
        task.lost = task.listing.external_id not in digests
    steps = [step for task in tasks for step in task.removals()]
    steps += [step for task in tasks if not task.lost for step in task.registrations(digests)]
    for part in _groups(steps, lambda step: step.signs, _WRITES):
        variables: dict[str, Any] = {}
        for place, step in enumerate(part):
            variables |= step.variables(place)
        text = wire.translate(tuple(step.kind for step in part))
        data, _ = await ask(context, "translations", text, variables, cost=cost.MUTATION * len(part))
        for place, step in enumerate(part):
            for error in user_errors(payload_of(data, f"{step.kind}{place}"), TRANSLATE):
                by_product[step.product].failed(step, error)


async def _digests(tasks: Sequence[_Task], context: CallContext) -> dict[str, Digests]:
    """By product and key; a key without a text of the product's own has none."""
    ids = [task.listing.external_id for task in tasks]
    found: dict[str, Digests] = {}
    for start in range(0, len(ids), _READ):
        part = ids[start : start + _READ]
        points = cost.connection(len(part), _NODE)
        variables = {"ids": part, "first": len(part)}
        data, _ = await ask(context, "translatableResources", wire.TRANSLATABLE, variables, cost=points)
        for node in data["translatableResourcesByIds"]["nodes"]:
            contents = node["translatableContent"]
            found[node["resourceId"]] = {one["key"]: one["digest"] for one in contents if one["digest"]}
    return found


def _told(outcome: Outcome, task: _Task | None, context: CallContext) -> Outcome:
    if task is None:
        return outcome
    clean = task.error is None and not task.notices and not task.lost
    keys = task.keys if task.error is not None else _less(task.keys, task.work.gone)
    refs = dict(task.listing.refs) | {TRANSLATIONS: noted(keys, task.work.mark if clean else None)}
    linked = replace(outcome.linked, product=replace(task.listing, refs=refs))
    if task.error is None and task.lost:
        message = "Shopify does not show the product's texts; they are translated with the next attempt."
        return replace(
            outcome, kind=OutcomeKind.TRANSIENT, reason=ReasonCode.NOT_FOUND_AT_SHOP, message=message, linked=linked
        )
    if task.error is None:
        return replace(outcome, linked=linked, warnings=(*outcome.warnings, *task.notices))
    verdict = task.error.verdict
    if verdict.step is Step.FORGET_IDS:
        languages.forget(context)
    kind = OutcomeKind.REJECTED if verdict.step is Step.REJECT else OutcomeKind.TRANSIENT
    message = f"Shopify says{task.refused}: {task.error.said}"
    return replace(
        outcome, kind=kind, reason=verdict.reason, message=message, field=verdict.field or task.field, linked=linked
    )


def _groups(things: Iterable[Thing], signs: Callable[[Thing], int], most: int) -> Iterator[list[Thing]]:
    group: list[Thing] = []
    length = 0
    for one in things:
        if group and (len(group) == most or length + signs(one) > _SIGNS):
            yield group
            group, length = [], 0
        group.append(one)
        length += signs(one)
    if group:
        yield group


def _less(keys: Mapping[str, list[str]], gone: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {locale: [key for key in found if key not in gone.get(locale, ())] for locale, found in keys.items()}
