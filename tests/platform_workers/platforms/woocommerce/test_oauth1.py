"""A shop without TLS: every request is signed anew, the secret never travels, and what only the clock or a replay spoils is told apart."""

from datetime import timedelta

import pytest
from platform_workers.platforms.woocommerce.catalog import item, simple
from platform_workers.platforms.woocommerce.conftest import CREDENTIALS, Shop

from pixee_common.domain.faults import PlatformFault
from pixee_common.egress import EgressPolicy, EgressRefused
from pixee_common.egress.shops import shop_address
from pixee_workers.platforms.woocommerce.manifest import MANIFEST
from pixee_workers.platforms.woocommerce.oauth1 import normalised, signed


@pytest.fixture
def plain(shop: Shop) -> Shop:
    shop.configure(address="http://shop.example/store")
    return shop


def test_parameters_are_put_in_the_order_of_the_rfc():
    pairs = [("b5", "=%3D"), ("a3", "a"), ("c@", ""), ("a2", "r b"), ("c2", ""), ("a3", "2 q")]
    assert normalised(pairs) == "a2=r%20b&a3=2%20q&a3=a&b5=%3D%253D&c%40=&c2="


def test_the_signature_is_the_one_that_openssl_computes():
    url = signed("GET", "http://a.test/x?b=1", key="ck", secret="cs", timestamp=1, nonce="n")
    assert url == (
        "http://a.test/x?b=1&oauth_consumer_key=ck&oauth_nonce=n&oauth_signature_method=HMAC-SHA256&oauth_timestamp=1"
        "&oauth_signature=N4o2F31CfM3ysgK3kqlmQbQsxkI5hl5NEr31lFqGxik%3D"
    )


async def test_a_shop_without_tls_is_tested_and_written_by_signed_requests(plain: Shop):
    report = await plain.adapter.test(plain.context)
    assert (report.currency, report.missing_scopes) == ("EUR", ())
    [outcome] = await plain.push(item(simple("OAUTH-1")))
    assert outcome.kind == "applied"
    assert plain.by_sku("OAUTH-1")
    for call in plain.context.calls:
        assert "Authorization" not in call.headers
        assert CREDENTIALS["consumer_secret"] not in call.url


async def test_a_wrong_secret_asks_the_merchant(plain: Shop):
    plain.set(consumer_secret="cs_" + "0" * 40)
    with pytest.raises(PlatformFault) as caught:
        await plain.adapter.test(plain.context)
    assert (caught.value.kind, caught.value.reason) == ("credentials", "credentials_refused")
    assert "consumer key or secret" in caught.value.message


async def test_a_clock_that_is_off_is_named(plain: Shop):
    now = plain.context.now() + timedelta(hours=1)
    plain.context.now = lambda: now
    with pytest.raises(PlatformFault) as caught:
        await plain.adapter.test(plain.context)
    assert "clock" in caught.value.message


async def test_a_replay_is_no_refusal_of_the_key(plain: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pixee_workers.platforms.woocommerce.requests.secrets.token_hex", lambda _: "the-same")
    with pytest.raises(PlatformFault) as caught:
        await plain.adapter.test(plain.context)
    assert caught.value.kind == "unavailable"


def test_plain_http_needs_the_operators_permission():
    settings = {"store_url": "http://shop.example/store/"}
    with pytest.raises(EgressRefused):
        shop_address(MANIFEST, settings, EgressPolicy())
    with pytest.raises(EgressRefused):
        shop_address(MANIFEST, settings, EgressPolicy.parse(plain_http="other.example"))
    permitted = shop_address(MANIFEST, settings, EgressPolicy.parse(plain_http="*.example"))
    assert permitted.base == "http://shop.example/store"
    secure = shop_address(MANIFEST, {"store_url": "https://shop.example/store"}, EgressPolicy())
    assert permitted.identity == secure.identity, "the same shop with and without TLS"
