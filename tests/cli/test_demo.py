"""The demo as a person runs it: as a command, on the real stack, twice, and with a hand in a shop."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from pixee_cli.demo import amazon
from pixee_cli.demo.credentials import kept_credentials
from pixee_cli.demo.filling import own_catalog
from pixee_cli.demo.shops import HOSTS
from pixee_cli.place import Place

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]

PIXEE = [sys.executable, "-c", "from pixee_cli.main import main; main()"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


def pixee(*arguments: object) -> subprocess.CompletedProcess[str]:
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("PIXEE_", "DATABASE_URL", "KAFKA_"))
    }
    return subprocess.run(
        [*PIXEE, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False, env=env
    )


def test_the_demo_shows_what_it_promises(data):
    done = pixee("demo", "--data", data, "--file", own_catalog())
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("0 write requests for an unchanged catalog") == 3
    assert done.stdout.count("written PX-007, PX-008, PX-009") == 3
    assert "DIFFER" not in done.stdout
    assert "Amazon: 3 products of the catalog are drafts or archived" in done.stdout, (
        "57 of 60 are listed and nobody says why"
    )
    assert (data / "demo-shops.json").stat().st_mode & 0o777 == 0o600
    assert (data / "api-key").stat().st_mode & 0o777 == 0o600


def test_a_second_demo_imports_and_changes_nothing(data):
    done = pixee("demo", "--data", data, "--file", own_catalog())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Catalog: 60 already." in done.stdout
    assert done.stdout.count("0 write requests in this whole run") == 3


def test_a_price_changed_by_hand_in_a_shop_ends_the_comparison_with_1(data):
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("PIXEE_", "DATABASE_URL", "KAFKA_"))
    }
    up = subprocess.Popen([*PIXEE, "up", "--data", str(data), "--quiet", "--json"], stdout=subprocess.PIPE, env=env)
    try:
        assert up.stdout is not None
        assert up.stdout.readline().strip() == b"{"  # the ready document
        assert pixee("demo", "compare", "--data", data).returncode == 0
        change_a_price(data, "PX-007", "0.01")
        assert differences(data) == {"woocommerce": [("PX-007", "price", "0.01")]}
        change_a_price_at_amazon(data, "PX-008", 0.02)
        assert differences(data)["amazon_sp_api"] == [("PX-008", "price", "0.02")]
        assert pixee("doctor", "--data", data).returncode == 0
    finally:
        up.send_signal(signal.SIGINT)
        up.communicate(timeout=60)
    assert up.returncode == 0


def differences(data: Path) -> dict[str, list[tuple[str, str, str]]]:
    """Platform → what differs there; the command has ended with 1."""
    done = pixee("demo", "compare", "--data", data, "--json")
    assert done.returncode == 1, done.stderr
    found = {platform: one["differences"] for platform, one in json.loads(done.stdout).items()}
    return {
        platform: [(one["item"], one["field"], one["shop"]) for one in ours] for platform, ours in found.items() if ours
    }


def change_a_price(data: Path, sku: str, price: str) -> None:
    """As the merchant would, in the WooCommerce shop itself."""
    keys = kept_credentials(data)["woocommerce"]
    with httpx.Client(
        base_url=f"{Place(data).simulator_url('woocommerce')}/wp-json/wc/v3",
        headers={"Host": HOSTS["woocommerce"], "X-Forwarded-Proto": "https"},
        auth=(keys["consumer_key"], keys["consumer_secret"]),
        trust_env=False,
    ) as shop:
        number = shop.get("/products", params={"sku": sku}).json()[0]["id"]
        assert shop.put(f"/products/{number}", json={"regular_price": price}).status_code == 200


def change_a_price_at_amazon(data: Path, sku: str, amount: float) -> None:
    """As the merchant would, through another program of theirs."""
    url, keys = Place(data).simulator_url(amazon.PLATFORM), kept_credentials(data)[amazon.PLATFORM]
    form = {
        "grant_type": "refresh_token",
        "refresh_token": keys["refresh_token"],
        "client_id": keys["lwa_client_id"],
        "client_secret": keys["lwa_client_secret"],
    }
    place = amazon.SETTINGS["marketplace_id"]
    offer = {
        "marketplace_id": place,
        "currency": "EUR",
        "audience": "ALL",
        "our_price": [{"schedule": [{"value_with_tax": amount}]}],
    }
    patch = {"op": "replace", "path": "/attributes/purchasable_offer", "value": [offer]}
    with httpx.Client(base_url=url, trust_env=False) as shop:
        token = shop.post("/auth/o2/token", data=form, headers={"Host": "api.amazon.com"}).json()["access_token"]
        answer = shop.patch(
            f"/listings/2021-08-01/items/{amazon.SETTINGS['seller_id']}/{sku}",
            params={"marketplaceIds": place},
            json={"productType": "MERCHANDISE", "patches": [patch]},
            headers={"Host": amazon.API_HOST, "x-amz-access-token": token, "User-Agent": "Merchant/1"},
        )
        assert answer.json()["status"] == "ACCEPTED", answer.text
