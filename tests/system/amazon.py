"""A simulated Amazon seller with its connector and its mapping, and Amazon's own verdict on every SKU."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from system.harness import Account, Shop, System

PLATFORM = "amazon_sp_api"
FRANCE = "A13V1IB3VIYZZH"
MAPPING: Mapping[str, Any] = {
    "product_types": {"*": "MERCHANDISE"},
    "attributes": [
        {"target": "country_of_origin", "source": "constant:FR"},
        {"target": "supplier_declared_dg_hz_regulation", "source": "constant:not_applicable"},
    ],
}
_PAGE = 20_000


async def amazon_shop(account: Account) -> Shop:
    """A new seller in France, a connector to it, and all products mapped. The host is the simulator's name for the seller."""
    system, number = account.system, uuid4().hex[:12]
    host, seller = f"t{number}.sellingpartnerapi-eu.amazon.com", f"A{number.upper()}"
    keys = {
        "lwa_client_id": f"amzn1.application-oa2-client.{number}",
        "lwa_client_secret": f"amzn1.oa2-cs.v1.{uuid4().hex}",
        "refresh_token": f"Atzr|{uuid4().hex}",
    }
    about = {"seller_id": seller, "region": "EU", "marketplaces": [FRANCE]}
    await system.control(PLATFORM, "PUT", f"shops/{host}", json=keys | about)
    settings = {"region": "EU", "marketplace_id": FRANCE, "seller_id": seller, "without_ean": "exempt"}
    wanted = {"name": host, "platform": PLATFORM, "settings": settings, "credentials": keys}
    answer = await account.client.post("/api/v1/connectors/", json=wanted)
    assert answer.status_code == 201, answer.text
    shop = Shop(system, account, PLATFORM, host, answer.json()["id"])
    answer = await account.client.put(f"/api/v1/connectors/{shop.connector_id}/mapping", json={"version": 0, **MAPPING})
    assert answer.status_code == 200, answer.text
    return shop


async def verdicts(system: System, host: str) -> dict[str, str]:
    """SKU → what Amazon thinks of it in the end: `accepted`, `rejected` or, where nothing was taken, `none`."""
    found: dict[str, str] = {}
    after = ""
    while True:
        params = {"host": host, "after": after, "limit": str(_PAGE)}
        page = await system.control(PLATFORM, "GET", "amazon/listings", params=params)
        found |= {one["sku"]: one["verdict"] or "none" for one in page["items"]}
        if page["next"] is None:
            return found
        after = page["next"]
