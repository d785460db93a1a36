"""The commands against a gateway that answers what the test planted: words, JSON, exit codes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli.fake_gateway import FakeGateway, events, item, job, serving
from click.testing import Result
from typer.testing import CliRunner

from pixee_cli.exits import MEANINGS, Exit
from pixee_cli.main import app

CONNECTOR = {"id": "c-1", "name": "shop", "platform": "shopify", "status": "active", "last_sync_at": None}
ONE_PAGE = {"items": [CONNECTOR], "meta": {"has_next": False}}
PUSH = "/api/v1/connectors/c-1/sync/push-products"

Pixee = Callable[..., Result]


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with serving() as running:
        running.on("GET", "/api/v1/connectors/", ONE_PAGE)
        yield running


@pytest.fixture
def pixee(gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pixee:
    """Runs a command in an empty data folder, with the gateway and a key in the environment."""
    monkeypatch.setenv("PIXEE_URL", gateway.url)
    monkeypatch.setenv("PIXEE_API_KEY", "pix_test_key")
    monkeypatch.setenv("PIXEE_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return lambda *arguments: CliRunner().invoke(app, [str(one) for one in arguments])


def test_the_help_documents_every_exit_code(pixee):
    text = pixee("--help").output
    assert all(meaning in text for meaning in MEANINGS.values())


def test_a_sync_answers_at_once_with_the_job(pixee, gateway):
    gateway.on("POST", PUSH, {"job_id": "job-1", "status": "queued", "products_queued": 7}, status=202)
    done = pixee("sync", "shop", "push-products")
    assert done.exit_code == Exit.OK
    assert "job-1 is queued, 7 products" in done.output
    assert gateway.asked[-1].authorization == "Bearer pix_test_key"


def test_product_ids_go_into_the_body_and_nothing_means_the_whole_catalog(pixee, gateway):
    gateway.on("POST", PUSH, {"job_id": "job-1", "status": "queued"}, status=202)
    one = "550e8400-e29b-41d4-a716-446655440000"
    pixee("sync", "c-1", "push-products", "--product-id", one)
    pixee("sync", "shop", "push-products")
    assert gateway.bodies("POST", PUSH) == [{"product_ids": [one]}, None]


@pytest.mark.parametrize(
    ("state", "counts", "code"),
    [
        ("completed", {"succeeded": 5}, Exit.OK),
        ("completed_with_errors", {"succeeded": 4, "failed": 1}, Exit.WITH_ERRORS),
        ("failed", {"failed": 5}, Exit.FAILED),
        ("cancelled", {"cancelled": 5}, Exit.FAILED),
    ],
)
def test_a_watched_sync_ends_as_its_job_does(pixee, gateway, state, counts, code):
    gateway.on("POST", PUSH, {"job_id": "job-1", "status": "queued"}, status=202)
    gateway.on("GET", "/api/v1/jobs/job-1/events", events(job(open=5), job(state, version=2, **counts)))
    gateway.on("GET", "/api/v1/jobs/job-1/items", {"items": [item("A-1")], "next_cursor": None})
    done = pixee("sync", "shop", "push-products", "--watch")
    assert (done.exit_code, state in done.output) == (code, True)
    assert ("Give it a title." in done.output) == bool(counts.get("failed"))


def test_a_watch_asks_by_itself_where_there_is_no_stream(pixee, gateway, monkeypatch):
    monkeypatch.setattr("pixee_cli.job_stream._ASK_EVERY", 0.0)
    gateway.on("POST", PUSH, {"job_id": "job-1", "status": "queued"}, status=202)
    gateway.on("GET", "/api/v1/jobs/job-1/events", {"code": "not_found", "detail": "no stream"}, status=404)
    gateway.on("GET", "/api/v1/jobs/job-1", job(open=5), job(open=2, succeeded=3), job("completed", succeeded=5))
    assert pixee("sync", "shop", "push-products", "--watch").exit_code == Exit.OK


def test_a_stream_that_breaks_off_is_taken_up_again(pixee, gateway, monkeypatch):
    monkeypatch.setattr("pixee_cli.job_stream._ASK_EVERY", 0.0)
    gateway.on("GET", "/api/v1/jobs/job-1", job(open=5))
    gateway.on("GET", "/api/v1/jobs/job-1/events", events(job(open=5)), events(job("completed", succeeded=5)))
    done = pixee("jobs", "show", "job-1", "--watch", "--json")
    assert (done.exit_code, json.loads(done.output)["state"]) == (Exit.OK, "completed")


def test_a_waiting_job_says_why(pixee, gateway):
    waiting = job(open=5, waiting_reason="throttled", waiting_until="2026-11-24T08:00:07Z")
    gateway.on("GET", "/api/v1/jobs/job-1", waiting)
    assert "throttled until 2026-11-24T08:00:07Z" in pixee("jobs", "show", "job-1").output


def test_json_is_the_gateways_own_document(pixee, gateway):
    gateway.on("GET", "/api/v1/jobs/job-1", job("completed", succeeded=5))
    assert json.loads(pixee("jobs", "show", "job-1", "--json").output) == job("completed", succeeded=5)
    assert json.loads(pixee("connectors", "list", "--json").output) == [CONNECTOR]


def test_items_are_read_page_by_page(pixee, gateway):
    path = "/api/v1/jobs/job-1/items"
    gateway.on("GET", path, {"items": [item("A-1")], "next_cursor": "n"}, {"items": [item("A-2")], "next_cursor": None})
    done = pixee("jobs", "items", "job-1", "--state", "failed", "--json")
    assert [one["sku"] for one in json.loads(done.output)] == ["A-1", "A-2"]
    queries = [one.query for one in gateway.asked if one.path == path]
    assert (queries[0]["state"], "cursor" in queries[0], queries[1]["cursor"]) == ("failed", False, "n")


def test_a_refusal_of_the_gateway_is_told_with_its_pointers(pixee, gateway):
    problem = {
        "code": "invalid_request",
        "detail": "unknown ids",
        "errors": [{"pointer": "#/product_ids/0", "detail": "no such product"}],
    }
    gateway.on("POST", PUSH, problem, status=422)
    done = pixee("sync", "shop", "push-products")
    assert done.exit_code == Exit.REFUSED
    assert "#/product_ids/0: no such product" in done.output
    told = json.loads(pixee("sync", "shop", "push-products", "--json").output)["error"]
    assert (told["exit"], told["code"], told["problem"]) == (4, "invalid_request", problem)


def test_a_worker_that_is_missing_is_not_a_refusal(pixee, gateway):
    gateway.on("POST", "/api/v1/connectors/c-1/test", {"code": "no_worker", "detail": "no worker"}, status=503)
    assert pixee("connectors", "test", "shop").exit_code == Exit.NOT_REACHABLE


@pytest.mark.parametrize(("success", "code"), [(True, Exit.OK), (False, Exit.FAILED)])
def test_a_connection_test_ends_as_the_shop_answers(pixee, gateway, success, code):
    answer = {"success": success, "platform": "shopify", "latency_ms": 12, "message": "The token is refused."}
    gateway.on("POST", "/api/v1/connectors/c-1/test", answer)
    done = pixee("connectors", "test", "shop")
    assert (done.exit_code, "The token is refused." in done.output) == (code, True)


def test_a_connector_is_added_with_settings_and_credentials(pixee, gateway):
    gateway.on("POST", "/api/v1/connectors/", CONNECTOR, status=201)
    done = pixee(
        "connectors", "add", "shopify", "--name", "shop", "--setting", "shop_domain=demo.myshopify.com",
        "--credential", "access_token=shpat_a=b",
    )  # fmt: skip
    assert done.exit_code == Exit.OK
    assert gateway.bodies("POST", "/api/v1/connectors/") == [
        {
            "name": "shop",
            "platform": "shopify",
            "settings": {"shop_domain": "demo.myshopify.com"},
            "credentials": {"access_token": "shpat_a=b"},
            "allow_shared": False,
        }
    ]
    assert "shpat" not in done.output


def test_an_unknown_connector_is_refused_without_a_job(pixee, gateway):
    assert pixee("sync", "nobody", "push-stock").exit_code == Exit.REFUSED
    assert all(one.method == "GET" for one in gateway.asked)


def test_a_cancel_shows_what_is_left(pixee, gateway):
    gateway.on("POST", "/api/v1/jobs/job-1/cancel", job("cancelled", succeeded=2, cancelled=3))
    assert "2 succeeded, 0 failed, 0 skipped, 0 open, 3 cancelled" in pixee("jobs", "cancel", "job-1").output


def test_a_cancel_of_a_job_of_auto_sync_says_that_its_changes_stay(pixee, gateway):
    gateway.on("POST", "/api/v1/jobs/job-1/cancel", job("cancelled", cancelled=5) | {"warning": "It stays pending."})
    assert "It stays pending." in pixee("jobs", "cancel", "job-1").output


@pytest.mark.parametrize(
    "command",
    [("accounts", "list"), ("keys", "list"), ("dlq", "list"), ("demo", "compare", "--data", "none"), ("doctor",)],
)
def test_without_a_stack_the_commands_say_how_to_start_one(pixee, command):
    done = pixee(*command)
    assert (done.exit_code, "pixee up" in done.output) == (Exit.NOT_REACHABLE, True)


def test_a_gateway_that_is_not_there_is_not_reachable(pixee, monkeypatch):
    monkeypatch.setenv("PIXEE_URL", "http://127.0.0.1:9")
    assert pixee("connectors", "list").exit_code == Exit.NOT_REACHABLE


def test_without_a_key_the_commands_say_how_to_make_one(pixee, monkeypatch):
    monkeypatch.delenv("PIXEE_API_KEY")
    done = pixee("connectors", "list")
    assert (done.exit_code, "keys create" in done.output) == (Exit.USAGE, True)


def test_a_kept_key_is_used(pixee, gateway, monkeypatch, tmp_path):
    monkeypatch.delenv("PIXEE_API_KEY")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "api-key").write_text("pix_kept\n", encoding="utf-8")
    assert pixee("connectors", "list").exit_code == Exit.OK
    assert gateway.asked[-1].authorization == "Bearer pix_kept"


def test_a_dry_import_needs_no_stack_and_ends_with_5_when_a_row_was_refused(pixee, tmp_path):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("sku,name\nA-1,Mug\n", encoding="utf-8")
    bad.write_text("sku,name\nA/1,Mug\nB-1,Pot\n", encoding="utf-8")
    assert pixee("catalog", "import", good, "--dry-run").exit_code == Exit.OK
    done = pixee("catalog", "import", bad, "--dry-run", "--report", tmp_path / "report.json")
    assert (done.exit_code, "line 2 (A/1)" in done.output) == (Exit.WITH_ERRORS, True)
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["refused"] == 1
    assert pixee("catalog", "import", tmp_path / "none.csv", "--dry-run").exit_code == Exit.USAGE


def test_a_pull_takes_no_product_ids(pixee):
    done = pixee("sync", "shop", "pull-products", "--product-id", "550e8400-e29b-41d4-a716-446655440000")
    assert done.exit_code == Exit.USAGE


def test_auto_sync_is_set_for_exactly_the_kinds_that_are_named(pixee, gateway):
    on = {"push_products": False, "push_stock": True, "push_prices": True}
    gateway.on("PATCH", "/api/v1/connectors/c-1", CONNECTOR | {"auto_sync": on}, CONNECTOR)
    done = pixee("connectors", "set", "shop", "--auto-sync", "stock,prices")
    assert (done.exit_code, "auto-sync push_stock, push_prices" in done.output) == (Exit.OK, True)
    assert "auto-sync off" in pixee("connectors", "set", "shop", "--auto-sync", "none").output
    off = dict.fromkeys(on, False)
    assert gateway.bodies("PATCH", "/api/v1/connectors/c-1") == [{"auto_sync": on}, {"auto_sync": off}]


@pytest.mark.parametrize("words", ["stocks", "none,stock", ","])
def test_auto_sync_of_something_else_is_refused_before_any_call(pixee, gateway, words):
    assert pixee("connectors", "set", "shop", "--auto-sync", words).exit_code == Exit.USAGE
    assert gateway.bodies("PATCH", "/api/v1/connectors/c-1") == []
