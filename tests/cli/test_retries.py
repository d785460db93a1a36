"""`pixee jobs retry` and `pixee quarantine` against a gateway that answers what the test planted."""

import json

import pytest
from cli.fake_gateway import events, item, job
from cli.test_commands import gateway, pixee

from pixee_cli.exits import Exit

__all__ = ["gateway", "pixee"]

RETRY = "/api/v1/jobs/job-0/retry"
HELD = {
    "item_id": "i-1", "product_id": "p-1", "sku": "A-1", "operation": "push_stock", "failures": 3, "reason": "invalid_value",
    "message": "Too many.", "advice": "Correct it.", "since": "2026-11-24T08:00:00Z",
}  # fmt: skip
QUARANTINE = "/api/v1/connectors/c-1/quarantine"
ONE = "550e8400-e29b-41d4-a716-446655440000"


def test_a_retry_answers_with_the_new_job_and_says_what_stays_in_quarantine(pixee, gateway):
    answer = {"job_id": "job-1", "status": "queued", "products_queued": 7, "quarantined": 2}
    gateway.on("POST", RETRY, answer, status=202)
    done = pixee("jobs", "retry", "job-0")
    assert done.exit_code == Exit.OK
    assert "job-1 is queued, 7 products" in done.output
    assert "2 items stay in quarantine" in done.output
    assert json.loads(pixee("jobs", "retry", "job-0", "--json").output) == answer


@pytest.mark.parametrize(
    ("state", "counts", "code"),
    [
        ("completed", {"succeeded": 5}, Exit.OK),
        ("completed_with_errors", {"succeeded": 4, "failed": 1}, Exit.WITH_ERRORS),
        ("failed", {"failed": 5}, Exit.FAILED),
    ],
)
def test_a_watched_retry_ends_as_the_new_job_does(pixee, gateway, state, counts, code):
    gateway.on("POST", RETRY, {"job_id": "job-1", "status": "queued", "quarantined": 0}, status=202)
    gateway.on("GET", "/api/v1/jobs/job-1/events", events(job(open=5), job(state, version=2, **counts)))
    gateway.on("GET", "/api/v1/jobs/job-1/items", {"items": [item("A-1")], "next_cursor": None})
    done = pixee("jobs", "retry", "job-0", "--watch")
    assert (done.exit_code, "Give it a title." in done.output) == (code, "failed" in counts)


def test_a_retry_that_is_refused_says_why(pixee, gateway):
    gateway.on("POST", RETRY, {"status": 409, "code": "wrong_state", "detail": "The job has not ended."}, status=409)
    done = pixee("jobs", "retry", "job-0")
    assert (done.exit_code, "has not ended" in done.output) == (Exit.REFUSED, True)


def test_the_quarantine_is_listed_page_by_page(pixee, gateway):
    second = HELD | {"item_id": "i-2", "sku": None}
    pages = [{"items": [HELD], "next_cursor": "i-1.push_stock"}, {"items": [second], "next_cursor": None}]
    gateway.on("GET", QUARANTINE, *pages)
    done = pixee("quarantine", "list", "shop", "--operation", "push_stock", "--json")
    assert json.loads(done.output) == [HELD, second]
    assert gateway.asked[-1].query == {"limit": "500", "operation": "push_stock", "cursor": "i-1.push_stock"}
    gateway.answers[("GET", QUARANTINE)].clear()
    gateway.on("GET", QUARANTINE, *pages)
    shown = pixee("quarantine", "list", "shop", "--limit", "1").output
    assert ("A-1" in shown, "i-2" in shown) == (True, False)


def test_a_release_names_products_and_operation_or_nothing(pixee, gateway):
    gateway.on("POST", f"{QUARANTINE}/release", {"released": 1200})
    assert "1,200 items released" in pixee("quarantine", "release", "shop").output
    pixee("quarantine", "release", "c-1", "--product-id", ONE, "--operation", "push_prices")
    assert gateway.bodies("POST", f"{QUARANTINE}/release") == [{}, {"product_ids": [ONE], "operation": "push_prices"}]
