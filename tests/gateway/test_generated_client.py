"""The OpenAPI document, judged by what it is for: a client that a generator makes of it drives a job at a gateway that really listens."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests_support import add_products

from pixee_common.db import Database
from pixee_common.service import serve
from pixee_gateway.app import openapi

pytestmark = pytest.mark.stack

PACKAGE = "pixee_generated_client"


@pytest.fixture
def document(gateway) -> dict[str, Any]:
    """The document as a client gets it: through JSON."""
    return json.loads(json.dumps(openapi(gateway.app)))


@pytest.fixture
def client_package(document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The package that openapi-python-client makes; a piece that it has to leave out fails the test."""
    (tmp_path / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    (tmp_path / "config.yaml").write_text("post_hooks: []\n", encoding="utf-8")
    made = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--fail-on-warning"),
            *("--meta", "none", "--path", "openapi.json", "--config", "config.yaml", "--output-path", PACKAGE),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module(PACKAGE)
    for name in [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]


class Api:
    """Calls of the generated package by operation id."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.models = importlib.import_module(f"{PACKAGE}.models")

    async def __call__(self, tag: str, operation: str, *path: Any, **options: Any) -> tuple[int, Any, dict[str, str]]:
        module = importlib.import_module(f"{PACKAGE}.api.{tag}.{operation}")
        answer = await module.asyncio_detailed(*path, client=self._client, **options)
        return answer.status_code.value, answer.parsed, dict(answer.headers)


async def _plant_chunk(owner: Database, job_id: UUID, account_id: UUID, products: list[UUID]) -> None:
    """What planner and worker would have written: one item succeeded, one was refused, one is open."""
    async with owner.transaction() as connection:
        await connection.execute(
            "INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority, job_position,"
            " item_ids, letters, size, succeeded, failed) SELECT id, 0, account_id, connector_id, platform, operation,"
            " route_key, 2, 1, $2, 'ar.', 3, 1, 1 FROM jobs WHERE id = $1",
            job_id, products,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO item_issues (job_id, item_id, account_id, chunk_no, product_id, sku, outcome, reason, message, field)"
            " VALUES ($1, $2, $3, 0, $2, 'SKU-1', 'rejected', 'invalid_value', 'Title is too long', 'title')",
            job_id, products[1], account_id,
        )  # fmt: skip


async def test_a_generated_client_connects_a_shop_and_drives_a_job(
    gateway, account, owner: Database, client_package: ModuleType
) -> None:
    token = account.manager.headers["Authorization"].removeprefix("Bearer ")
    products = await add_products(owner, account.id, 3)
    async with (
        serve(gateway.app, "127.0.0.1", 0) as served,
        client_package.AuthenticatedClient(base_url=f"http://127.0.0.1:{served.port}", token=token) as client,
    ):
        api = Api(client)
        wanted = api.models.ConnectorToCreate.from_dict(
            {
                "name": "My Shopify Store",
                "platform": "shopify",
                "settings": {"shop_domain": f"g{uuid4().hex[:12]}.myshopify.com", "currency": "EUR"},
                "credentials": {"access_token": "shpat_" + "0" * 32},
            }
        )
        status, connector, _ = await api("connectors", "create_connector", body=wanted)
        assert (status, connector.platform, connector.last_sync_at) == (201, "shopify", None)

        scope = api.models.PushScope(product_ids=products)
        status, queued, headers = await api("connectors", "push_products", connector.id, body=scope)
        assert (status, queued.status, queued.products_queued) == (202, "queued", 3)
        assert headers["location"] == f"/api/v1/jobs/{queued.job_id}"

        status, job, _ = await api("jobs", "get_job", queued.job_id)
        assert (status, job.id, job.state, job.operation) == (200, queued.job_id, "queued", "push_products")

        await _plant_chunk(owner, queued.job_id, account.id, products)
        status, page, _ = await api("jobs", "list_job_items", queued.job_id)
        assert status == 200
        assert [(i.item_id, i.counts_as) for i in page.items] == [
            (products[0], "succeeded"), (products[1], "failed"), (products[2], "open"),
        ]  # fmt: skip
        _, page, _ = await api("jobs", "list_job_items", queued.job_id, state=api.models.Counted.FAILED)
        assert [(i.sku, i.reason, i.field, i.retryable) for i in page.items] == [
            ("SKU-1", "invalid_value", "title", False)
        ]

        status, cancelled, _ = await api("jobs", "cancel_job", queued.job_id)
        assert (status, cancelled.id) == (200, queued.job_id)
        assert cancelled.version > job.version


async def test_a_generated_client_reads_problems_as_such(gateway, account, client_package: ModuleType) -> None:
    token = account.reader.headers["Authorization"].removeprefix("Bearer ")
    async with (
        serve(gateway.app, "127.0.0.1", 0) as served,
        client_package.AuthenticatedClient(base_url=f"http://127.0.0.1:{served.port}", token=token) as client,
    ):
        api = Api(client)
        status, problem, _ = await api("jobs", "cancel_job", uuid4())
        assert (status, problem.code) == (403, "not_permitted")
        status, problem, _ = await api("jobs", "get_job", uuid4())
        assert (status, problem.code, problem.title) == (404, "not_found", "Not found")
        status, problem, _ = await api("connectors", "list_connectors", per_page=1000)
        assert (status, [error.pointer for error in problem.errors]) == (422, ["query/per_page"])


async def test_the_document_refers_to_nothing_that_it_lacks_and_writes_no_model_out_in_place(document) -> None:
    schemas = document["components"]["schemas"]
    references = {node["$ref"] for node in _nodes(document) if isinstance(node.get("$ref"), str)}
    assert references
    assert references <= {f"#/components/schemas/{name}" for name in schemas}
    assert not [node for node in _nodes(document) if "$defs" in node]
    assert schemas["ProblemBody"]["properties"]["code"]


async def test_every_operation_has_a_name_of_its_own_a_summary_a_description_and_problems(document) -> None:
    operations = _operations(document)
    assert len({operation["operationId"] for _, operation in operations}) == len(operations)
    for place, operation in operations:
        assert operation["summary"], place
        assert operation["description"], place
        assert {"401", "403"} <= set(operation["responses"]), place
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                media = response["content"]["application/problem+json"]
                assert media["schema"] == {"$ref": "#/components/schemas/ProblemBody"}, place
                assert media["example"]["status"] == int(status), place


async def test_every_body_is_shown_by_an_example(document) -> None:
    for place, operation in _operations(document):
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        bodies += [response for status, response in operation["responses"].items() if int(status) < 300]
        for body in bodies:
            for media_type, media in body.get("content", {}).items():
                assert "example" in media or _is_shown(document, media["schema"]), f"{place} {media_type}"


def _operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for below in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _nodes(below)


def _is_shown(document: dict[str, Any], schema: dict[str, Any]) -> bool:
    """Whether the schema has an example; a list is shown by its items', a page by that of its list."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "example" in schema:
        return True
    below = [schema.get("items"), schema.get("properties", {}).get("items"), *schema.get("anyOf", ())]
    return any(_is_shown(document, one) for one in below if one)
