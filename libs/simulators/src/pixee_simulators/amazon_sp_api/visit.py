"""One request of a seller's program: what every operation needs at hand, and its answer."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from pixee_simulators.amazon_sp_api.account import Account
from pixee_simulators.amazon_sp_api.errors import invalid_input, unauthorized
from pixee_simulators.kit import Call, Violation


@dataclass(slots=True)
class Visit:
    """`path`: the parameters of the path, decoded. `query`: a repeated parameter is joined by commas.
    `breaches` are recorded as violations when the answer is made.
    """

    call: Call[Account]
    account: Account
    limits: dict[str, Any]
    path: Mapping[str, str]
    query: Mapping[str, str]
    now: float
    breaches: list[Violation] = field(default_factory=list)

    def listed(self, name: str, *, most: int | None = None) -> list[str]:
        """A comma-separated parameter. Raises Refusal (400) for more than `most` values."""
        values = [one for one in self.query.get(name, "").split(",") if one]
        if most is not None and len(values) > most:
            raise invalid_input(f"Invalid '{name}' provided.", f"at most {most} values")
        return values

    def chosen(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.query.get(name, default)
        if value not in allowed:
            raise invalid_input(f"Invalid '{name}' provided.", f"must be one of {', '.join(allowed)}")
        return value

    def included(self, allowed: tuple[str, ...], default: tuple[str, ...]) -> list[str]:
        wanted = self.listed("includedData") or list(default)
        if set(wanted) - set(allowed):
            raise invalid_input("Invalid 'includedData' provided.")
        return wanted

    def marketplaces(self, *, most: int | None = None) -> list[str]:
        """Raises Refusal (400) without one and for one that is not the seller's."""
        wanted = self.listed("marketplaceIds", most=most)
        if not wanted or set(wanted) - set(self.account.marketplaces):
            raise invalid_input("Invalid 'marketplaceIds' provided.")
        return wanted

    def own(self, seller_id: str) -> None:
        """Raises Refusal (403) when a path or query names another seller."""
        if seller_id != self.account.seller_id:
            raise unauthorized()

    def body(self) -> dict[str, Any]:
        """Raises Refusal (400) when the body is no JSON object."""
        try:
            parsed = orjson.loads(self.call.body)
        except ValueError:
            raise invalid_input("Request has missing or invalid parameters and cannot be parsed.") from None
        if not isinstance(parsed, dict):
            raise invalid_input("Request has missing or invalid parameters and cannot be parsed.")
        return parsed


@dataclass(frozen=True, slots=True)
class Answer:
    content: Any
    status: int = 200


def page_token(offset: int, scope: str) -> str:
    """Opaque to programs: where a page begins, and of which query."""
    return base64.urlsafe_b64encode(orjson.dumps([offset, scope])).decode()


def page_offset(token: str | None, scope: str) -> int:
    """Raises Refusal (400) for a token of another query, or none of ours."""
    if token is None:
        return 0
    offset, kept = _opened(token)
    if kept != scope:
        raise invalid_input("Invalid 'pageToken' provided.", "it belongs to another query")
    return offset


def page_scope(token: str) -> str:
    """The query that a token was made for. Raises Refusal (400)."""
    return _opened(token)[1]


def _opened(token: str) -> tuple[int, str]:
    try:
        offset, scope = orjson.loads(base64.urlsafe_b64decode(token))
        return int(offset), str(scope)
    except (ValueError, TypeError):
        raise invalid_input("Invalid 'pageToken' provided.") from None
