"""getFeeds and getReports: jobs of some types, newest first, in pages whose token goes alone."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pixee_simulators.amazon_sp_api.errors import invalid_input
from pixee_simulators.amazon_sp_api.moments import seconds
from pixee_simulators.amazon_sp_api.queued_work import Queued
from pixee_simulators.amazon_sp_api.visit import Visit, page_offset, page_scope, page_token

_STATES = ("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE")


def page(visit: Visit, jobs: Iterable[Queued], *, key: str, types: str) -> dict[str, Any]:
    """The answer: `{key: [...], nextToken?}`. `types`: name of the parameter that is needed without a token."""
    query: Mapping[str, str] = visit.query
    token = query.get("nextToken")
    if token is not None and len(query) > 1:
        raise invalid_input("Invalid nextToken provided.", "it goes alone")
    if token is not None:
        query = dict(parse_qsl(page_scope(token)))
    scope = urlencode(sorted((name, text) for name, text in query.items() if name != "nextToken"))
    offset, size = page_offset(token, scope), _size(query.get("pageSize", "10"))
    found = _matching(visit.now, jobs, query, types)
    answer: dict[str, Any] = {key: [one.wire(visit.now) for one in found[offset : offset + size]]}
    if offset + size < len(found):
        answer["nextToken"] = page_token(offset + size, scope)
    return answer


def _matching(now: float, jobs: Iterable[Queued], query: Mapping[str, str], types: str) -> list[Queued]:
    kinds = [one for one in query.get(types, "").split(",") if one]
    if not 1 <= len(kinds) <= 10:
        raise invalid_input(f"Invalid {types} provided.", "one to ten types are needed")
    states = [one for one in query.get("processingStatuses", "").split(",") if one] or _STATES
    since, until = (seconds(name, query.get(name)) for name in ("createdSince", "createdUntil"))
    places = {one for one in query.get("marketplaceIds", "").split(",") if one}
    found = [
        one
        for one in jobs
        if one.type in kinds
        and one.status(now) in states
        and (since is None or one.created_at >= since)
        and (until is None or one.created_at <= until)
        and (not places or places & set(one.marketplaces))
    ]
    return sorted(found, key=lambda one: one.created_at, reverse=True)


def _size(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 100:
        raise invalid_input("Invalid pageSize provided.", "between 1 and 100")
    return int(text)
