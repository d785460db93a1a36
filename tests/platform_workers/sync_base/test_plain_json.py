"""Requests and answers in JSON, as adapters without words of their own have them."""

import httpx
import orjson
import pytest

from pixee_common.domain.faults import FaultKind, FaultScope
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import HttpAnswer
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.plain_json import (
    ask_json,
    asking,
    fault_of_status,
    faults_of,
    json_object,
    json_request,
    retry_after,
    unexpected,
)


def _answer(status: int = 200, body: bytes = b"{}", **headers: str) -> HttpAnswer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpAnswer(status, httpx.Headers(named), body, 0.1)


def _request(**more):
    given = {"label": "items", "spend": {"calls": 1}, "headers": {"Authorization": "Bearer k"}} | more
    return json_request("PUT", "https://a.test/v1", "items", "K 1/ä?", **given)


def test_parts_of_a_path_are_quoted_and_null_parameters_left_out() -> None:
    request = _request(query={"limit": 5, "page": None, "since": "2026-01-01T00:00:00+00:00"})
    assert request.url == ("https://a.test/v1/items/K%201%2F%C3%A4%3F?limit=5&since=2026-01-01T00%3A00%3A00%2B00%3A00")


def test_a_body_is_json_and_says_so_and_without_one_nothing_is_said() -> None:
    request = _request(body={"title": "Käse"})
    assert orjson.loads(request.content) == {"title": "Käse"}
    assert request.headers == {
        "Accept": "application/json", "Content-Type": "application/json", "Authorization": "Bearer k",
    }  # fmt: skip
    assert (_request().content, "Content-Type" in _request().headers) == (None, False)
    assert "Bearer" not in repr(request)


def test_a_call_is_safe_unless_it_is_said_not_to_be() -> None:
    assert (_request().safe, _request(safe=False).safe) == (True, False)
    assert (_request().label, _request().spend) == ("items", {"calls": 1})


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"null", b'{"a": '])
def test_a_body_that_is_no_object_is_null_and_raises_nothing(body: bytes) -> None:
    assert json_object(_answer(body=body)) is None


def test_an_object_is_read() -> None:
    assert json_object(_answer(body=b'{"a": 1}')) == {"a": 1}


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("7", 7.0), ("0.25", 0.25), ("0", 0.0), ("soon", None), ("-1", None), ("", None), ("1.2.3", None), ("inf", None)],
)
def test_a_time_to_wait_is_seconds_or_unknown(given: str, seconds: float | None) -> None:
    assert retry_after(_answer(429, retry_after=given)) == seconds


def test_a_time_to_wait_may_be_a_date_by_the_platforms_own_clock() -> None:
    now, then = "Tue, 24 Nov 2026 13:00:00 GMT", "Tue, 24 Nov 2026 13:01:30 GMT"
    assert retry_after(_answer(429, retry_after=then, date=now)) == 90.0
    assert retry_after(_answer(429, retry_after=now, date=then)) == 0.0


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (401, FaultKind.CREDENTIALS, ReasonCode.CREDENTIALS_REFUSED),
        (403, FaultKind.CREDENTIALS, ReasonCode.PERMISSION_MISSING),
        (413, FaultKind.TOO_BIG, ReasonCode.TOO_BIG),
        (429, FaultKind.THROTTLED, ReasonCode.THROTTLED),
        (500, FaultKind.UNAVAILABLE, ReasonCode.UNAVAILABLE),
        (503, FaultKind.UNAVAILABLE, ReasonCode.UNAVAILABLE),
        (302, FaultKind.CONTRACT_BROKEN, ReasonCode.CONTRACT_BROKEN),
    ],
)
def test_some_statuses_mean_the_same_everywhere(status: int, kind: FaultKind, reason: ReasonCode) -> None:
    fault = fault_of_status(_answer(status, b"<html>secret", retry_after="9"), "Somewhere")
    assert fault is not None
    assert (fault.kind, fault.reason) == (kind, reason)
    assert "Somewhere" in fault.message
    assert "secret" not in fault.message
    assert fault.retry_after == (9.0 if kind in {FaultKind.THROTTLED, FaultKind.UNAVAILABLE} else None)


@pytest.mark.parametrize("status", [200, 201, 204, 400, 404, 409, 422])
def test_of_others_the_body_has_to_be_read(status: int) -> None:
    assert fault_of_status(_answer(status), "Somewhere") is None


def test_what_is_too_big_concerns_the_submission_alone() -> None:
    fault = fault_of_status(_answer(413), "Somewhere")
    assert fault is not None
    assert fault.scope is FaultScope.SUBMISSION


def test_an_answer_nobody_expected_wakes_an_engineer_and_quotes_nothing() -> None:
    fault = unexpected(_answer(404, b"secret"), "Somewhere")
    assert (fault.kind, fault.message.count("404"), "secret" in fault.message) == (FaultKind.CONTRACT_BROKEN, 1, False)


class _Context:
    """Answers every call."""

    def __init__(self, answer: HttpAnswer) -> None:
        self.answer, self.asked = answer, []

    async def call(self, request):
        self.asked.append(request)
        return self.answer


async def test_a_call_answers_status_and_object_and_is_named_by_its_path() -> None:
    context = _Context(_answer(409, b'{"code": "taken"}'))
    more = {"spend": {"calls": 1}, "headers": {}}
    assert await ask_json(context, "PUT", "https://a.test", "items", "K1", **more) == (409, {"code": "taken"})
    assert [(one.url, one.label) for one in context.asked] == [("https://a.test/items/K1", "items")]
    context = _Context(_answer(204, b""))
    assert await ask_json(context, "DELETE", "https://a.test", "items", label="drop", **more) == (204, {})
    assert context.asked[0].label == "drop"


async def test_a_platform_is_asked_at_its_address_with_its_headers_and_what_a_call_says_itself_comes_first() -> None:
    ask = asking("v2", headers=lambda key: {"X-Key": key["api_key"]}, spend={"calls": 1})
    context = _Context(_answer(200, b'{"a": 1}'))
    context.settings, context.credentials = ConnectorSettings(address="acme.test"), {"api_key": "k"}
    assert await ask(context, "GET", "items", query={"page": 2}) == (200, {"a": 1})
    await ask(context, "POST", "items", body={}, safe=False, spend={"writes": 1})
    assert [(one.url, one.safe, one.spend, one.headers["X-Key"]) for one in context.asked] == [
        ("https://acme.test/v2/items?page=2", True, {"calls": 1}, "k"),
        ("https://acme.test/v2/items", False, {"writes": 1}, "k"),
    ]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"a": 1}', None),
        (201, b'{"a": 1}', None),
        (204, b"", None),
        (422, b'{"code": "invalid"}', None),
        (200, b"", FaultKind.CONTRACT_BROKEN),
        (200, b"<html>", FaultKind.CONTRACT_BROKEN),
        (422, b'{"error": "of a proxy"}', FaultKind.CONTRACT_BROKEN),
        (404, b"<html>", FaultKind.CONTRACT_BROKEN),
        (418, b'{"code": "teapot"}', FaultKind.CONTRACT_BROKEN),
        (401, b'{"code": "bad_key"}', FaultKind.CREDENTIALS),
        (503, b"", FaultKind.UNAVAILABLE),
    ],
)
def test_an_answer_is_read_where_the_platform_itself_speaks(status: int, body: bytes, kind: FaultKind | None) -> None:
    fault = faults_of("Somewhere", refusals={404, 422}, member="code")(_answer(status, body))
    assert (fault and fault.kind) == kind
