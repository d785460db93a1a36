"""Sheet, "Credentials and auth": OAuth 1.0a over plain http. The signature of the tests is made here, by RFC 5849, for both sides."""

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import quote

import pytest
from simulators.woocommerce.shop import HOST, KEY, SECRET, Shop

PLAIN = {"Host": HOST}
PATH = "/wp-json/wc/v3/products"


def encoded(text: str) -> str:
    return quote(text, safe="~-._")


def signed(shop: Shop, method: str = "GET", secret: str = SECRET, **changes: Any) -> dict[str, str]:
    given = {
        "oauth_consumer_key": KEY,
        "oauth_timestamp": str(int(shop.simulator.clock.now())),
        "oauth_nonce": "n1",
        "oauth_signature_method": "HMAC-SHA256",
        **changes,
    }
    pairs = "&".join(f"{encoded(n)}={encoded(v)}" for n, v in sorted(given.items()))
    base = "&".join((method, encoded(f"http://{HOST}{PATH}"), encoded(pairs)))
    kind = hashlib.sha1 if given["oauth_signature_method"] == "HMAC-SHA1" else hashlib.sha256
    digest = hmac.new(f"{secret}&".encode(), base.encode(), kind).digest()
    return given | {"oauth_signature": base64.b64encode(digest).decode()}


async def ask(shop: Shop, method: str = "GET", **parameters: str) -> tuple[int, Any]:
    return await shop.ask(method, "/products", headers=PLAIN, **parameters)


@pytest.mark.parametrize("method", ["HMAC-SHA256", "HMAC-SHA1"])
async def test_a_signed_request_counts_over_plain_http(shop: Shop, method: str) -> None:
    parameters = signed(shop, oauth_signature_method=method, per_page="1", search="a b~c/é+&=")
    assert await ask(shop, **parameters) == (200, [])


async def test_a_nonce_counts_once(shop: Shop) -> None:
    assert (await ask(shop, **signed(shop)))[0] == 200
    status, answer = await ask(shop, **signed(shop))
    assert (status, answer["message"]) == (401, "Invalid nonce - nonce has already been used.")
    assert (await ask(shop, **signed(shop, oauth_nonce="n2")))[0] == 200


@pytest.mark.parametrize("seconds", [-1000, 1000])
async def test_a_time_that_is_far_off_is_refused(shop: Shop, seconds: int) -> None:
    stamp = str(int(shop.simulator.clock.now()) + seconds)
    status, answer = await ask(shop, **signed(shop, oauth_timestamp=stamp))
    assert (status, answer["message"]) == (401, "Invalid timestamp.")


async def test_a_signature_of_something_else_is_refused(shop: Shop) -> None:
    for wrong in (
        signed(shop, secret="cs_other"),
        signed(shop) | {"per_page": "1"},
        signed(shop, method="POST"),
        signed(shop) | {"oauth_timestamp": str(int(shop.simulator.clock.now()) - 1)},
    ):
        status, answer = await ask(shop, **wrong)
        assert (status, answer["message"]) == (401, "Invalid signature - provided signature does not match.")


async def test_an_unknown_key_and_a_missing_parameter_are_named(shop: Shop) -> None:
    assert (await ask(shop, **signed(shop, oauth_consumer_key="ck_other")))[1]["message"] == "Consumer key is invalid."
    parameters = signed(shop)
    del parameters["oauth_nonce"]
    assert (await ask(shop, **parameters))[1]["code"] == "woocommerce_rest_authentication_missing_parameter"


async def test_basic_over_plain_http_stays_nobody(shop: Shop) -> None:
    assert (await ask(shop))[0] == 401
