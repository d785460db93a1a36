"""A client that openapi-python-client generates from our OpenAPI document drives a job against a gateway that really listens."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from uuid import UUID

import pytest
from tests_support import add_products

from pixee_common.service import serve

pytestmark = pytest.mark.stack


def _generated(document: dict, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    (folder / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "config.yml").write_text(
        "post_hooks: []\npackage_name_override: pixee_client\nproject_name_override: client\n"
    )
    done = subprocess.run(
        [
            sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json", "--config", "config.yml",
            "--output-path", "client", "--fail-on-warning",
        ],
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(str(folder / "client"))
    return importlib.import_module("pixee_client")


async def test_a_generated_client_drives_a_job(account, gateway, owner, tmp_path, monkeypatch) -> None:
    app = gateway.app
    package = _generated(app.openapi(), tmp_path, monkeypatch)
    api = {
        name: importlib.import_module(f"pixee_client.api.{tag}.{name}").asyncio
        for tag, name in [
            ("connectors", "create_connector"), ("connectors", "push_products"), ("connectors", "list_connectors"),
            ("jobs", "get_job"), ("jobs", "list_job_items"), ("jobs", "cancel_job"),
        ]
    }  # fmt: skip
    models = importlib.import_module("pixee_client.models")
    ids = await add_products(owner, account.id, 2)
    key = account.manager.headers["authorization"].removeprefix("Bearer ")
    async with serve(app, "127.0.0.1", 0) as served:
        client = package.AuthenticatedClient(base_url=f"http://127.0.0.1:{served.port}", token=key)
        async with client:
            wanted = models.ConnectorToCreate.from_dict(
                {
                    "name": "Generated",
                    "platform": "shopify",
                    "settings": {"shop_domain": "generated-client.myshopify.com"},
                    "credentials": {"access_token": "shpat_" + "0" * 32},
                }
            )
            connector = await api["create_connector"](client=client, body=wanted)
            assert [c.id for c in (await api["list_connectors"](client=client)).items] == [connector.id]
            queued = await api["push_products"](connector.id, client=client, body=models.PushScope(product_ids=ids))
            assert (queued.status, queued.products_queued) == ("queued", 2)
            job = await api["get_job"](queued.job_id, client=client)
            assert (job.id, str(job.state), job.open_) == (queued.job_id, "queued", 0)
            assert (await api["list_job_items"](queued.job_id, client=client)).items == []
            assert (await api["cancel_job"](queued.job_id, client=client)).id == queued.job_id
            missing = await api["get_job"](UUID(int=7), client=client)
            assert (type(missing).__name__, missing.code) == ("ProblemBody", "not_found")
