"""A gateway in process, on the real database under its own role, with two accounts."""

import json
from dataclasses import dataclass
from importlib import resources
from uuid import UUID, uuid4

import httpx
import pytest

from pixee_common.crypto import KeyRing, generate_key, hash_secret, issue
from pixee_common.db import Database
from pixee_common.domain.ids import new_id
from pixee_common.egress import EgressPolicy
from pixee_common.platforms import Manifest
from pixee_gateway.app import create_app
from pixee_gateway.notices import Notices
from pixee_gateway.security.authentication import Authenticator

KEYS = KeyRing.parse(f"k1:{generate_key()}")


def manifests() -> dict[str, Manifest]:
    text = resources.files("pixee_common.platforms").joinpath("catalogue.json").read_text(encoding="utf-8")
    return {entry["slug"]: Manifest.model_validate(entry) for entry in json.loads(text)}


@dataclass
class Account:
    """One account with an all-round key and a key that only reads."""

    id: UUID
    manager: httpx.AsyncClient
    reader: httpx.AsyncClient

    async def connector(self, platform: str = "shopify", **settings: str) -> str:
        number = uuid4().hex[:12]
        if platform == "shopify":
            body = {
                "settings": {"shop_domain": f"s{number}.myshopify.com", "currency": "EUR"} | settings,
                "credentials": {"access_token": "shpat_" + "0" * 32},
            }
        else:
            body = {
                "settings": {"store_url": f"https://{number}.woo.example", "currency": "EUR"} | settings,
                "credentials": {"consumer_key": "ck_" + "1" * 40, "consumer_secret": "cs_" + "2" * 40},
            }
        answer = await self.manager.post("/api/v1/connectors/", json={"name": "Shop", "platform": platform} | body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]


@pytest.fixture
async def gateway(as_role) -> httpx.ASGITransport:
    database = as_role("gateway")
    notices = Notices()
    app = create_app(
        database,
        manifests(),
        KEYS,
        EgressPolicy.parse("", ""),
        authenticator=Authenticator(database),
        probe_answers=notices,
        job_changes=notices,
        probe_seconds=3,
    )
    app.state.notices = notices
    return httpx.ASGITransport(app, raise_app_exceptions=True)


@pytest.fixture
async def make_account(gateway, owner: Database):
    clients = []

    async def make() -> Account:
        account = new_id()
        keys = {"manager": (issue("test"), ["READ", "MANAGE_SETTINGS"]), "reader": (issue("test"), ["READ"])}
        async with owner.transaction() as connection:
            await connection.execute("INSERT INTO accounts (id, name) VALUES ($1, 'Test')", account)
            for name, (key, permissions) in keys.items():
                await connection.execute(
                    "INSERT INTO api_keys (id, account_id, name, secret_sha256, permissions) VALUES ($1, $2, $3, $4, $5)",
                    key.id, account, name, hash_secret(key.secret), permissions,
                )  # fmt: skip
        made = {
            name: httpx.AsyncClient(
                transport=gateway, base_url="http://gateway", headers={"Authorization": f"Bearer {key.text()}"}
            )
            for name, (key, _) in keys.items()
        }
        clients.extend(made.values())
        return Account(account, **made)

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
async def account(make_account) -> Account:
    return await make_account()
