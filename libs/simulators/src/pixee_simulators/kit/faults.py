"""Faults on demand: the bad days of a platform, made repeatable.

A rule says which requests it meets, how often, and what goes wrong. Chance is drawn from a seeded generator of the
rule's own, so the same requests in the same order meet the same faults.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

KINDS = frozenset(
    {
        "status",  # answer `status` (with `retry_after` seconds and `body` json|html|text) and do nothing
        "reset_before",  # close the connection before anything is done
        "reset_after_commit",  # do it, then close the connection without an answer
        "slow_body",  # do it, then dribble the answer over `seconds`
        "truncated_body",  # do it, announce the whole length, send half, close
        "latency",  # wait `ms` first; adds to another fault
        "hang",  # wait `seconds` first, then do it and answer
        "expired_token",  # the platform's own answer to a credential that ran out; nothing is done
        "throttle",  # the platform's own "slow down"; nothing is done
    }
)
_FIELDS = frozenset(
    {"kind", "match", "rate", "times", "after", "seed", "status", "retry_after", "body", "ms", "seconds"},
)
_MATCH_FIELDS = frozenset({"host", "method", "path", "operation", "kind"})


class BadRule(ValueError):
    """A fault rule that cannot be obeyed; the message says which field is wrong."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule looks at. `path` is without the query; `kind` is `read` or `write`."""

    host: str
    method: str
    path: str
    operation: str
    kind: str


@dataclass(slots=True)
class FaultRule:
    """One rule of `POST /_control/faults`. `after` matching requests pass unharmed, then at most `times` are hit."""

    kind: str
    match: dict[str, str] = field(default_factory=dict)
    rate: float = 1.0
    times: int | None = None
    after: int = 0
    seed: int = 0
    status: int = 503
    retry_after: float | None = None
    body: str = "json"
    ms: float = 0.0
    seconds: float = 0.0
    seen: int = 0
    fired: int = 0
    _random: Random = field(default_factory=Random, repr=False)
    _path: re.Pattern[str] | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, raw: Any, *, position: int) -> "FaultRule":
        """Raises BadRule for an unknown kind or field and for a value of the wrong sort."""
        if not isinstance(raw, dict):
            raise BadRule(f"fault {position} is not an object")
        match = raw.get("match") or {}
        if unknown := (set(raw) - _FIELDS) | (set(match) - _MATCH_FIELDS):
            raise BadRule(f"fault {position} has unknown fields: {', '.join(sorted(unknown))}")
        if raw.get("kind") not in KINDS:
            raise BadRule(f"fault {position}: kind must be one of {', '.join(sorted(KINDS))}")
        rule = cls(**raw)
        rule.match = {key: str(value) for key, value in match.items()}
        if not 0 <= rule.rate <= 1:
            raise BadRule(f"fault {position}: rate must be between 0 and 1")
        try:
            rule._path = re.compile(rule.match["path"]) if "path" in rule.match else None
        except re.error as error:
            raise BadRule(f"fault {position}: path is not a regular expression: {error}") from error
        rule._random = Random(f"{rule.seed}:{position}:{rule.kind}")
        return rule

    def hits(self, subject: Subject) -> bool:
        """Whether this request is the rule's; counts it."""
        if not self._concerns(subject) or (self.times is not None and self.fired >= self.times):
            return False
        self.seen += 1
        drawn = self._random.random()
        if self.seen <= self.after or drawn >= self.rate:
            return False
        self.fired += 1
        return True

    def _concerns(self, subject: Subject) -> bool:
        match = self.match
        return (
            match.get("host", subject.host) == subject.host
            and match.get("method", subject.method).upper() == subject.method
            and match.get("operation", subject.operation) == subject.operation
            and match.get("kind", subject.kind) == subject.kind
            and (self._path is None or self._path.search(subject.path) is not None)
        )

    def describe(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "match": self.match,
            "rate": self.rate,
            "times": self.times,
            "after": self.after,
            "seen": self.seen,
            "fired": self.fired,
        }


@dataclass(frozen=True, slots=True)
class Struck:
    """What befalls one request: extra latency, and at most one other fault."""

    latency_ms: float
    rule: FaultRule | None


class Faults:
    """The rules in force, in the order they were given."""

    def __init__(self) -> None:
        self._rules: list[FaultRule] = []

    def add(self, raw_rules: Iterable[Any]) -> None:
        """All of them or, with BadRule, none."""
        start = len(self._rules)
        self._rules += [FaultRule.parse(raw, position=start + index) for index, raw in enumerate(list(raw_rules))]

    def clear(self) -> None:
        self._rules.clear()

    def strike(self, subject: Subject) -> Struck:
        """Latencies add up; of the other kinds the first rule that hits wins and later ones are not consulted."""
        latency, chosen = 0.0, None
        for rule in self._rules:
            if (rule.kind == "latency" or chosen is None) and rule.hits(subject):
                if rule.kind == "latency":
                    latency += rule.ms
                else:
                    chosen = rule
        return Struck(latency, chosen)

    def describe(self) -> list[dict[str, Any]]:
        return [rule.describe() for rule in self._rules]
