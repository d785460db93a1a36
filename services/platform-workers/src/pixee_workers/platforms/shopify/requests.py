"""One GraphQL call: address, token, body, cost. And the reading of what comes back."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import AnswerNotJson, HttpAnswer
from pixee_workers.platforms.shopify.manifest import API_VERSION, GRAPHQL
from pixee_workers.sync_base.calls import CallContext, HttpRequest, Token

_DEADLINE_SECONDS = 30.0
_A_DAY = 86_399.0
"""Life of a client credentials token where the answer does not say (sheet: 24 h)."""
_AN_HOUR = 3_600.0
"""Life of an offline token that expires (sheet: 60 min)."""


async def refresh(context: CallContext) -> None:
    """See `Refresher.refresh`; a static token needs nothing."""
    await _token(context)


async def ask(
    context: CallContext, label: str, document: str, variables: Mapping[str, Any], *, cost: float, safe: bool = True
) -> tuple[dict[str, Any], HttpAnswer]:
    """Send a document; returns its `data` and the answer. Raises PlatformFault."""
    request = HttpRequest(
        method="POST",
        url=f"https://{context.settings.address}/admin/api/{API_VERSION}/graphql.json",
        label=label,
        headers={
            "Content-Type": "application/json",
            "X-Shopify-Access-Token": await _token(context),
        },
        content=orjson.dumps({"query": document, "variables": variables}),
        safe=safe,
        spend={GRAPHQL: cost},
        deadline_seconds=_DEADLINE_SECONDS,
    )
    answer = await context.call(request)
    return data_of(answer), answer


def data_of(answer: HttpAnswer) -> dict[str, Any]:
    """The `data` of an answer in which `classify` found no fault."""
    try:
        body = answer.json()
    except AnswerNotJson as error:
        raise contract_broken(str(error)) from None
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise contract_broken("the answer holds no data")
    return data


def payload_of(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A mutation's payload. A null one is an answer that says nothing of what was done (sheet, "Errors" 3)."""
    payload = data.get(name)
    if isinstance(payload, dict):
        return payload
    raise PlatformFault(
        FaultKind.AMBIGUOUS,
        FaultScope.SUBMISSION,
        ReasonCode.ANSWER_UNKNOWN,
        f"Shopify answered {name} without saying what it did.",
    )


def contract_broken(what: str) -> PlatformFault:
    """An answer that nobody expected."""
    return PlatformFault(
        FaultKind.CONTRACT_BROKEN,
        FaultScope.OPERATION,
        ReasonCode.CONTRACT_BROKEN,
        f"Shopify answered otherwise than its schema says: {what}.",
    )


async def _token(context: CallContext) -> str:
    static = context.credentials.get("access_token")
    if static:
        return static

    async def fetch() -> Token:
        return await _fetched(context)

    return await context.token(fetch)


async def _fetched(context: CallContext) -> Token:
    """Sheet, "Credentials and auth" 2 and 3: a token of 24 hours, asked for again; or one of an hour, with a refresh token that is
    replaced by each answer. The replaced one lives until the new access token is first used, so a lost answer loses nothing.
    """
    form = {
        "grant_type": "client_credentials",
        "client_id": context.credentials.get("client_id", ""),
        "client_secret": context.credentials.get("client_secret", ""),
    }
    rotating = context.credentials.get("refresh_token")
    if rotating:
        form |= {"grant_type": "refresh_token", "refresh_token": rotating}
    answer = await context.call(
        HttpRequest(
            method="POST",
            url=f"https://{context.settings.address}/admin/oauth/access_token",
            label="access_token",
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            content=urlencode(form).encode(),
        )
    )
    try:
        body = answer.json()
        lives = float(body.get("expires_in", _AN_HOUR if rotating else _A_DAY))
        rotated = {"refresh_token": str(body["refresh_token"])} if rotating else {}
        return Token(str(body["access_token"]), lives, rotated)
    except (AnswerNotJson, KeyError, TypeError, ValueError) as error:
        raise contract_broken(f"no token in the answer ({type(error).__name__})") from None
