"""JSON over REST as most platforms speak it: a request, and what an answer says before the platform's own words are read.

A platform that means something else by a status says so in its own `faults.py` first and asks here for the rest.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from pixee_common.crypto import Credentials
from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import AnswerNotJson, HttpAnswer
from pixee_workers.sync_base.calls import CallContext, HttpRequest


def json_request(
    method: str,
    base: str,
    *path: str,
    label: str,
    spend: Mapping[str, float],
    headers: Mapping[str, str],
    query: Mapping[str, object | None] | None = None,
    body: Any = None,
    safe: bool = True,
) -> HttpRequest:
    """A request for `CallContext.call`.

    Args:
        method: In capitals.
        base: The URL that all paths begin with, without a slash at its end.
        path: Parts of the path, each quoted (a product key may hold anything but a slash).
        label: Names the call in traces and metrics: the same for all items.
        spend: What it takes from which budget of the manifest.
        headers: Those that prove who is calling, and what else the platform wants.
        query: Parameters; one that is null is left out.
        body: Anything that is JSON; null: none.
        safe: False where repeating the call makes something twice (see `HttpRequest`).
    """
    url = "/".join((base, *(quote(part, safe="") for part in path)))
    given = {name: value for name, value in (query or {}).items() if value is not None}
    kinds = {"Accept": "application/json"} | ({} if body is None else {"Content-Type": "application/json"})
    return HttpRequest(
        method,
        f"{url}?{urlencode(given)}" if given else url,
        label,
        headers={**kinds, **headers},
        content=None if body is None else orjson.dumps(body),
        safe=safe,
        spend=spend,
    )


async def ask_json(context: CallContext, method: str, base: str, *path: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """Make the request, named by the first part of its path, and send it: the status and the body's object, empty where there is none.

    What it takes is in `json_request`, what it raises in `CallContext.call`.
    """
    answer = await context.call(json_request(method, base, *path, **({"label": path[0]} | more)))
    return answer.status, json_object(answer) or {}


def asking(
    version: str,
    *,
    headers: Callable[[Credentials], Mapping[str, str]],
    spend: Mapping[str, float],
) -> Callable[..., Awaitable[tuple[int, dict[str, Any]]]]:
    """The `ask(context, method, *path, query=…, body=…, safe=…)` of a platform at `https://<address>/<version>`; it answers as `ask_json`.

    Args:
        version: What stands between the shop's address and all paths, without slashes around it.
        headers: The credentials to the headers that prove who is calling: secrets go nowhere else.
        spend: What each call takes from which budget; a call that takes something else says its own `spend`.
    """

    async def ask(context: CallContext, method: str, *path: str, **more: Any) -> tuple[int, dict[str, Any]]:
        base = f"https://{context.settings.address}/{version}"
        given = {"headers": headers(context.credentials), "spend": spend} | more
        return await ask_json(context, method, base, *path, **given)

    return ask


def json_object(answer: HttpAnswer) -> dict[str, Any] | None:
    """The body where it is a JSON object; null where it is anything else, also where there is none (`answer.json()` would raise)."""
    try:
        body = answer.json()
    except AnswerNotJson:
        return None
    return body if isinstance(body, dict) else None


def retry_after(answer: HttpAnswer) -> float | None:
    """Seconds from now by the header `Retry-After` (RFC 9110, 10.2.3: seconds or a date; fractions are taken too); null: not said."""
    given = answer.headers.get("retry-after", "").strip()
    if given.replace(".", "", 1).isdecimal():
        return float(given)
    try:
        then = parsedate_to_datetime(given)
        now = parsedate_to_datetime(answer.headers["date"]) if "date" in answer.headers else datetime.now(UTC)
        return max(0.0, (then - now).total_seconds())
    except (TypeError, ValueError):
        return None


def fault_of_status(answer: HttpAnswer, platform: str) -> PlatformFault | None:
    """The fault that the status stands for everywhere; null where the body has to be read (2xx, and refusals by 4xx).

    Args:
        answer: A whole answer.
        platform: Its title, for the messages.
    """
    status = answer.status
    if status == 401:
        message = f"{platform} refuses the credentials: enter them anew."
        return _fault(FaultKind.CREDENTIALS, ReasonCode.CREDENTIALS_REFUSED, message)
    if status == 403:
        message = f"{platform} refuses access: grant the key the permissions that are needed."
        return _fault(FaultKind.CREDENTIALS, ReasonCode.PERMISSION_MISSING, message)
    if status == 413:
        message = f"{platform} takes smaller requests."
        return _fault(FaultKind.TOO_BIG, ReasonCode.TOO_BIG, message, scope=FaultScope.SUBMISSION)
    if status == 429:
        return _fault(FaultKind.THROTTLED, ReasonCode.THROTTLED, f"{platform} asks to slow down.", retry_after(answer))
    if status >= 500:
        message = f"{platform} does not answer at the moment (status {status})."
        return _fault(FaultKind.UNAVAILABLE, ReasonCode.UNAVAILABLE, message, retry_after(answer))
    return unexpected(answer, platform) if status < 200 or 300 <= status < 400 else None


def faults_of(platform: str, *, refusals: Collection[int], member: str) -> Callable[[HttpAnswer], PlatformFault | None]:
    """A `classify` for a platform whose successes are JSON objects, and whose refusals are too.

    Args:
        platform: Its title, for the messages.
        refusals: Statuses by which it refuses what was sent, to be read item by item.
        member: What the object of a refusal always has; without it a proxy answered, not the platform.
    """

    def classify(answer: HttpAnswer) -> PlatformFault | None:
        body = json_object(answer) or {}
        success = answer.status == 204 or (200 <= answer.status < 300 and body)
        if success or (answer.status in refusals and member in body):
            return None
        return fault_of_status(answer, platform) or unexpected(answer, platform)

    return classify


def unexpected(answer: HttpAnswer, platform: str) -> PlatformFault:
    """For an answer that is not the platform's: a redirect, a page of HTML, an error without its code. Says nothing of the body."""
    message = f"{platform} answered in a way that nobody expected (status {answer.status})."
    return _fault(FaultKind.CONTRACT_BROKEN, ReasonCode.CONTRACT_BROKEN, message, scope=FaultScope.OPERATION)


def _fault(
    kind: FaultKind,
    reason: ReasonCode,
    message: str,
    wait: float | None = None,
    scope: FaultScope = FaultScope.CONNECTOR,
) -> PlatformFault:
    return PlatformFault(kind, scope, reason, message, retry_after=wait)
