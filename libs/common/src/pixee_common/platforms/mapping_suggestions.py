"""Entries that a merchant may want in a mapping, guessed from names. Pure, and never applied by anybody but the merchant.

Thousands of names stand on either side, so names are first compared by the letter triples that they share, and only the best of
these letter by letter.
"""

import difflib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pixee_common.domain.mapping import PATH_SEPARATOR, ConnectorMapping, Unmapped
from pixee_common.platforms.catalog_words import CatalogWords
from pixee_common.platforms.requirements import Choice, Requirements

MOST = 200
GOOD_ENOUGH = 0.6
_MOST_OURS = 500
_COMPARED = 8
_TELLING = 200
"""A triple that more choices share tells little, and is looked at only where a name has no other."""
_FIELDS = ("brand", "names", "descriptions", "weight", "condition", "ean", "sku", "dimensions.length", "dimensions.width", "dimensions.height")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`part` of the mapping: for `attributes`, `ours` is a rule's source and `theirs` its target. Score from 0 to 1."""

    part: str
    ours: str
    theirs: str
    label: str
    score: float


def suggestions(
    words: CatalogWords, mapping: ConnectorMapping, requirements: Requirements, most: int = MOST
) -> tuple[Suggestion, ...]:
    """For what is not mapped yet, the best first."""
    found = sorted(_all(words, mapping, requirements), key=lambda one: (-one.score, one.part, one.ours))
    return tuple(found[:most])


def similarity(one: str, other: str) -> float:
    """How alike two names are, from 0 (or too little to matter) to 1, whatever their case, accents, separators and order of words."""
    return _ratio(_plain(one), _plain(other))


def _all(words: CatalogWords, mapping: ConnectorMapping, requirements: Requirements) -> Iterator[Suggestion]:
    paths = {
        PATH_SEPARATOR.join(path): count
        for path, count in words.categories.items()
        if isinstance(mapping.category_of(path), Unmapped)
    }
    yield from _best("categories", paths, _Names(requirements.categories))
    types = {ours: count for ours, count in words.product_types.items() if ours not in mapping.product_types}
    their_types = _Names(requirements.product_types)
    yield from _best("product_types", types, their_types)
    typed = {
        PATH_SEPARATOR.join(kind.categories[0]): kind.products
        for kind in words.kinds
        if kind.categories and isinstance(mapping.product_type_of(kind.product_type, kind.categories), Unmapped)
    }
    yield from _best("product_types", {ours: n for ours, n in typed.items() if ours not in types}, their_types)
    for part in ("tax_classes", "locations"):
        ours = {one: n for one, n in getattr(words, part).items() if one not in getattr(mapping, part)}
        yield from _best(part, ours, _Names(getattr(requirements, part)))
    yield from _sources(words, mapping, requirements)
    yield from _values(words, mapping, requirements)


def _sources(words: CatalogWords, mapping: ConnectorMapping, requirements: Requirements) -> Iterator[Suggestion]:
    """A source of ours for each of their attributes that no rule fills."""
    filled = {rule.target for rule in mapping.attributes}
    sources = [
        *(Choice(code=f"attribute:{code}", label=code) for code in words.attributes),
        *(Choice(code=f"option:{name}", label=name) for name in words.options),
        *(Choice(code=f"field:{name}", label=name.partition(".")[2] or name) for name in _FIELDS),
    ]
    ours = _Names(sources)
    wanted = {one.code: one for one in requirements.attributes if one.code not in filled}
    for attribute in sorted(wanted.values(), key=lambda one: not one.required)[:_MOST_OURS]:
        scored = [(*found, name) for name in (attribute.code, attribute.label) if (found := ours.nearest(name))]
        if scored:
            score, source, _ = max(scored, key=lambda one: (one[0], one[1].code))
            yield Suggestion("attributes", source.code, attribute.code, attribute.label, score)


def _values(words: CatalogWords, mapping: ConnectorMapping, requirements: Requirements) -> Iterator[Suggestion]:
    """Their choice for each of our values that a rule does not translate."""
    choices = {one.code: one.choices for one in requirements.attributes if one.choices}
    for rule in mapping.attributes:
        if rule.target in choices:
            known = words.values.get(rule.source, {})
            ours = {value: count for value, count in known.items() if value not in rule.values}
            yield from _best(f"attributes.{rule.target}.values", ours, _Names(choices[rule.target]))


def _best(part: str, ours: Mapping[str, int], theirs: "_Names") -> Iterator[Suggestion]:
    for name in sorted(ours, key=lambda one: (-ours[one], one))[:_MOST_OURS]:
        if (found := theirs.nearest(name)) is not None:
            score, choice = found
            yield Suggestion(part, name, choice.code, choice.label, score)


class _Names:
    """Choices that can be found by similar names."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        self._choices = choices
        self._by_triple: dict[str, set[int]] = defaultdict(set)
        for at, choice in enumerate(choices):
            for triple in _triples(f"{choice.code} {choice.label}"):
                self._by_triple[triple].add(at)

    def nearest(self, name: str) -> tuple[float, Choice] | None:
        """The best choice that is good enough. A path counts by its whole and, a little less, by its last name."""
        shared: Counter[int] = Counter()
        found = [self._by_triple.get(triple, set()) for triple in _triples(name)]
        telling = [places for places in found if len(places) <= _TELLING] or found
        for places in telling:
            shared.update(places)
        scored = [(self._score(name, self._choices[at]), -at) for at, _ in shared.most_common(_COMPARED)]
        score, at = max(scored, default=(0.0, 0))
        return (round(score, 3), self._choices[-at]) if score >= GOOD_ENOUGH else None

    @staticmethod
    def _score(name: str, choice: Choice) -> float:
        weighed: dict[tuple[str, str], float] = {}
        last = _last(name)
        for ours, theirs, weight in (
            (name, choice.code, 1.0),
            (name, choice.label, 1.0),
            (last, _last(choice.label), 0.95),
            (last, choice.code, 0.9),
        ):
            pair = _plain(ours), _plain(theirs)
            weighed[pair] = max(weight, weighed.get(pair, 0.0))
        return max(weight * _ratio(*pair) for pair, weight in weighed.items())


def _last(path: str) -> str:
    return path.rsplit(PATH_SEPARATOR, maxsplit=1)[-1]


def _ratio(left: str, right: str) -> float:
    """Of two plain names: as they stand, with their words in order, without spaces."""
    if not left or not right:
        return 0.0
    if left == right:
        return 1.0
    ordered = " ".join(sorted(left.split())), " ".join(sorted(right.split()))
    best = 0.0
    for pair in {(left, right), ordered, (left.replace(" ", ""), right.replace(" ", ""))}:
        matcher = difflib.SequenceMatcher(None, *pair)
        if matcher.real_quick_ratio() >= GOOD_ENOUGH and matcher.quick_ratio() >= GOOD_ENOUGH:
            best = max(best, matcher.ratio())
    return best


@lru_cache(maxsize=20_000)
def _plain(name: str) -> str:
    """Lower-case words without accents, parted by one space."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    bare = "".join(c for c in unicodedata.normalize("NFKD", parted.casefold()) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", bare))


def _triples(name: str) -> Iterable[str]:
    return {padded[at : at + 3] for word in _plain(name).split() for padded in [f" {word} "] for at in range(len(word))}
