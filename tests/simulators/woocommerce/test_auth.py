"""Sheet, "Credentials and auth" and "Test connection"."""

import aiohttp
import pytest
from simulators.woocommerce.shop import BASIC, HOST, KEY, SECRET, Shop

HTTPS = {"Host": HOST, "X-Forwarded-Proto": "https"}


async def test_basic_works_over_https(shop: Shop) -> None:
    assert await shop.get("/products", per_page=1, _fields="id") == []
    assert shop.headers["X-WP-Total"] == "0"


@pytest.mark.parametrize(
    ("headers", "code", "message"),
    [
        ({"Host": HOST, "Authorization": BASIC}, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources."),
        (HTTPS, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources."),
        (
            HTTPS | {"Authorization": aiohttp.encode_basic_auth("ck_other", SECRET)},
            "woocommerce_rest_cannot_view",
            "Sorry, you cannot list resources.",
        ),
        (
            HTTPS | {"Authorization": aiohttp.encode_basic_auth(KEY, "cs_other")},
            "woocommerce_rest_authentication_error",
            "Consumer secret is invalid.",
        ),
    ],
    ids=["basic over http is ignored", "no key", "unknown key", "wrong secret"],
)
async def test_a_credential_that_does_not_count_is_401(
    shop: Shop, headers: dict[str, str], code: str, message: str
) -> None:
    status, answer = await shop.ask("GET", "/products", headers=headers)
    assert (status, answer["code"], answer["message"]) == (401, code, message)
    assert answer["data"] == {"status": 401}


async def test_keys_in_the_query_string_count_over_https_only(shop: Shop) -> None:
    keys = {"consumer_key": KEY, "consumer_secret": SECRET}
    assert (await shop.ask("GET", "/products", headers=HTTPS, **keys))[0] == 200
    assert (await shop.ask("GET", "/products", headers={"Host": HOST}, **keys))[0] == 401


async def test_a_read_only_key_reads_and_is_refused_on_write() -> None:
    async with Shop(permissions="read") as shop:
        assert await shop.get("/products") == []
        status, answer = await shop.ask("POST", "/products/batch", {})
        assert (status, answer["code"]) == (401, "woocommerce_rest_authentication_error")
        assert answer["message"] == "The API key provided does not have write permissions."


async def test_the_write_probe_answers_an_empty_list_and_changes_nothing(shop: Shop) -> None:
    assert await shop.ask("POST", "/products/batch", {}) == (200, [])
    counts = await shop.counts()
    assert (counts["created"], counts["updated"]) == (0, 0)


async def test_rest_route_answers_but_never_authenticates(shop: Shop) -> None:
    status, answer = await shop.ask("GET", "/?rest_route=/wc/v3/products")
    assert (status, answer["code"]) == (401, "woocommerce_rest_cannot_view")


async def test_unknown_routes_and_pages(shop: Shop) -> None:
    status, answer = await shop.ask("GET", "/nothing")
    assert (status, answer["code"]) == (404, "rest_no_route")
    status, answer = await shop.ask("GET", "/shop/elsewhere")
    assert status == 404
    assert answer.startswith("<!DOCTYPE html>")


async def test_a_shop_in_a_sub_directory_answers_there_only() -> None:
    async with Shop(base_path="/shop") as shop:
        assert (await shop.ask("GET", "/shop/wp-json/wc/v3/products"))[0] == 200
        assert (await shop.ask("GET", "/wp-json/wc/v3/products"))[0] == 404
        await shop.ask("POST", "/shop/wp-json/wc/v3/products", {"name": "A"})
        [product] = (await shop.ask("GET", "/shop/wp-json/wc/v3/products/"))[1]
        assert product["permalink"] == f"https://{HOST}/shop/product/a/"


async def test_currency_tax_setting_and_version_can_be_read() -> None:
    async with Shop(currency="USD", prices_include_tax=True) as shop:
        assert (await shop.get("/data/currencies/current"))["code"] == "USD"
        assert (await shop.get("/settings/tax/woocommerce_prices_include_tax"))["value"] == "yes"
        status = await shop.get("/system_status", _fields="environment")
        assert list(status) == ["environment"]
        assert status["environment"]["version"] == "11.0.1"


async def test_the_route_index_and_options_are_the_published_ones(shop: Shop) -> None:
    if shop.simulator.specs is None:
        pytest.skip("the published schemas are not beside the project")
    assert "/wc/v3/products/batch" in (await shop.get(""))["routes"]
    status, document = await shop.ask("OPTIONS", "/products")
    assert (status, document["schema"]["title"]) == (200, "product")


async def test_broken_json_is_named_and_a_body_that_is_not_json_is_not_read(shop: Shop) -> None:
    async with aiohttp.ClientSession(headers=HTTPS | {"Authorization": BASIC}) as session:
        url = f"{shop.url}/wp-json/wc/v3/products/batch"
        async with session.post(url, data="{", headers={"Content-Type": "application/json"}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, "rest_invalid_json")
        async with session.post(
            url, data='{"create":[{"name":"A"}]}', headers={"Content-Type": "text/plain"}
        ) as answer:
            assert await answer.json() == []


async def test_an_expired_token_looks_like_a_key_nobody_knows(shop: Shop) -> None:
    shop.simulator.faults.add([{"kind": "expired_token"}])
    status, answer = await shop.ask("GET", "/products")
    assert (status, answer["code"]) == (401, "woocommerce_rest_cannot_view")


async def test_a_firewall_answers_in_html_when_it_is_told_to(shop: Shop) -> None:
    limits = {"requests_per_minute": 2, "firewall_status": 429, "firewall_retry_after": 30}
    shop.simulator.put_limits(HOST, limits)
    shop.simulator.clock.change(freeze=True)
    seen = [(await shop.ask("GET", "/products"))[0] for _ in range(3)]
    assert seen == [200, 200, 429]
    assert (shop.headers["Retry-After"], shop.headers["Content-Type"].split(";")[0]) == ("30", "text/html")
    shop.simulator.clock.change(advance=61)
    assert (await shop.ask("GET", "/products"))[0] == 200


async def test_a_redirecting_site_sends_everything_elsewhere() -> None:
    async with Shop(redirect_to="https://www.shop.example") as shop, aiohttp.ClientSession() as session:
        url = f"{shop.url}/wp-json/wc/v3/products?page=2"
        async with session.get(url, headers=HTTPS, allow_redirects=False) as answer:
            assert answer.status == 301
            assert answer.headers["Location"] == "https://www.shop.example/wp-json/wc/v3/products?page=2"
