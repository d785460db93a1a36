"""One call: address, token, headers, budget. And the reading of what comes back.

Sheet, "Credentials and auth": a bearer token of an hour from one host for all regions, in a header of Amazon's own.
"""

import platform
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import AnswerNotJson, HttpAnswer
from pixee_workers.platforms.amazon_sp_api.manifest import MANIFEST, SIGN_IN
from pixee_workers.platforms.amazon_sp_api.marketplaces import HOSTS
from pixee_workers.sync_base.calls import CallContext, ConnectorSettings, HttpRequest, Token

_DEADLINE_SECONDS = 30.0
_AN_HOUR = 3600.0
_NO_REGION = "The connector's region is none of Amazon's: choose EU, NA or FE."
_AGENT = f"PixeeConnectors/{MANIFEST.version} (Language=Python/{platform.python_version()})"

LISTINGS = "/listings/2021-08-01/items"
DEFINITIONS = "/definitions/2020-09-01/productTypes"
FEEDS = "/feeds/2021-06-30"
REPORTS = "/reports/2021-06-30"
CATALOG_ITEMS = "/catalog/2022-04-01/items"
RESTRICTION_PATH = "/listings/2021-08-01/restrictions"
SELLERS = "/sellers/v1/marketplaceParticipations"


async def ask(
    context: CallContext,
    method: str,
    path: str,
    *,
    label: str,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    safe: bool = True,
    also: tuple[str, ...] = (),
) -> tuple[Any, HttpAnswer]:
    """Send it; returns the answer's JSON and the answer. `label` is the operation's name, and that of its budget.

    Raises:
        PlatformFault: see `faults`.
    """
    if context.settings.address not in HOSTS.values():
        # Before the token is asked for: no byte leaves for a region that does not exist.
        raise PlatformFault(FaultKind.CREDENTIALS, FaultScope.CONNECTOR, ReasonCode.EGRESS_REFUSED, _NO_REGION)
    headers = {
        "x-amz-access-token": await _token(context),
        "x-amz-date": context.now().strftime("%Y%m%dT%H%M%SZ"),
        "User-Agent": _AGENT,
        "Accept": "application/json",
    }
    if body is not None:
        headers["Content-Type"] = "application/json"
    address = f"https://{context.settings.address}{path}"
    answer = await context.call(
        HttpRequest(
            method=method,
            url=f"{address}?{_query(query)}" if query else address,
            label=label,
            headers=headers,
            content=None if body is None else orjson.dumps(body),
            safe=safe,
            spend=dict.fromkeys((label, *also), 1.0),
            deadline_seconds=_DEADLINE_SECONDS,
        )
    )
    return json_of(answer), answer


def listing_path(settings: ConnectorSettings, sku: str) -> str:
    """Everything in a SKU is encoded: slashes, spaces, `#` and `&` have broken calls (sheet, "Pitfalls")."""
    return f"{seller_path(settings)}/{quote(sku, safe='')}"


def seller_path(settings: ConnectorSettings) -> str:
    return f"{LISTINGS}/{settings.extra.get('seller_id', '')}"


def json_of(answer: HttpAnswer) -> Any:
    """The body of an answer that `classify` let pass."""
    try:
        return answer.json()
    except AnswerNotJson as error:
        raise contract_broken(error.message) from None


def contract_broken(what: str) -> PlatformFault:
    """An answer that nobody expected."""
    return PlatformFault(
        FaultKind.CONTRACT_BROKEN,
        FaultScope.OPERATION,
        ReasonCode.CONTRACT_BROKEN,
        f"Amazon answered otherwise than its models say: {what}.",
    )


def _query(query: Mapping[str, str]) -> str:
    return "&".join(f"{name}={quote(value, safe=',')}" for name, value in query.items())


async def _token(context: CallContext) -> str:
    async def fetch() -> Token:
        return await _refreshed(context)

    return await context.token(fetch)


async def _refreshed(context: CallContext) -> Token:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": context.credentials.get("refresh_token", ""),
        "client_id": context.credentials.get("lwa_client_id", ""),
        "client_secret": context.credentials.get("lwa_client_secret", ""),
    }
    answer = await context.call(
        HttpRequest(
            method="POST",
            url=f"https://{SIGN_IN}/auth/o2/token",
            label="token",
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            content=urlencode(form).encode(),
            deadline_seconds=_DEADLINE_SECONDS,
        )
    )
    body = json_of(answer)
    try:
        return Token(str(body["access_token"]), float(body.get("expires_in", _AN_HOUR)))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise contract_broken("there is no token in the answer") from None
