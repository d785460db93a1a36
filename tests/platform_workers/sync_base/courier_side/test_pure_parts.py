"""Splitting, hashes, preparing, wire faults, settings: the parts without any I/O."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from platform_workers.sync_base.courier_side.fake_platform import FakeAdapter, manifest
from platform_workers.sync_base.courier_side.test_context import CONNECTOR

from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.money import Price
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import EgressPolicy
from pixee_common.platforms.manifest import HostSpec
from pixee_workers.sync_base.assembling import ReadItem, Verdict
from pixee_workers.sync_base.calls import ConnectorSettings, HttpRequest, Token
from pixee_workers.sync_base.connectors_read import connector_of, host_of, host_rule
from pixee_workers.sync_base.failures import Held
from pixee_workers.sync_base.hashes import content_hash, submission_key
from pixee_workers.sync_base.items import Action, Listing, PriceItem, StockItem
from pixee_workers.sync_base.kinds_of_listings import kinds_of
from pixee_workers.sync_base.preparing import Ready, prepare
from pixee_workers.sync_base.recent_writes import Sent
from pixee_workers.sync_base.results import backoff
from pixee_workers.sync_base.splitting import Limits, halves, split


def ready(product: int, weight: int = 1, values: object = None) -> Ready:
    item = StockItem(uuid4(), UUID(int=product), "sku", 1, Listing("x"), 1)
    read = ReadItem(item.id, item.product_id, "sku", 1, item)
    return Ready(read, item, values, b"h", weight)


def hash_of(**changes):
    given_ = {"action": Action.UPSERT, "adapter_version": "1", "shop_identity": "s", **changes}
    return content_hash(given_.pop("values", {"a": 1, "b": 2}), **given_)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 6)), max_size=40),
    st.integers(1, 7),
    st.one_of(st.none(), st.integers(1, 9)),
    st.booleans(),
)
def test_every_item_is_in_exactly_one_submission_that_is_within_the_limits(items, most, weight, by_product):
    given_items = [ready(product, w) for product, w in items]
    parts = split(given_items, Limits(most, weight, None, by_product))
    assert sorted(one.read.id for part in parts for one in part) == sorted(one.read.id for one in given_items)
    for part in parts:
        assert 1 <= len(part) <= most
        assert weight is None or len(part) == 1 or sum(one.weight for one in part) <= weight
        if by_product:
            assert len({one.read.product_id for one in part}) == 1


def test_items_of_one_product_stand_together_where_they_fit():
    items = [ready(1), ready(2), ready(1), ready(3)]
    parts = split(items, Limits(3, None, None, by_product=False))
    assert [[one.read.product_id.int for one in part] for part in parts] == [[1, 1, 2], [3]]


def test_bytes_count_where_the_platform_counts_them():
    items = [ready(n, values={"text": "x" * 40}) for n in range(4)]
    assert [len(part) for part in split(items, Limits(10, None, 110, by_product=False))] == [2, 2]
    assert [len(part) for part in split(items[:2], Limits(10, None, 10, by_product=False))] == [1, 1]


def test_what_was_learnt_narrows_the_manifest_and_never_widens_it():
    capability = manifest(max_items=50).capabilities[Operation.PUSH_PRODUCTS]
    assert Limits.of(capability).items == 50
    assert Limits.of(capability, learnt_items=10).items == 10
    assert Limits.of(capability, learnt_items=90).items == 50


@pytest.mark.parametrize("count", [2, 3, 8])
def test_halves_are_whole(count):
    items = [ready(n) for n in range(count)]
    first, second = halves(items)
    assert first + second == items
    assert first
    assert second


def test_a_hash_is_of_what_decides_what_the_shop_has():
    assert hash_of() == hash_of(values={"b": 2, "a": 1})
    others = [
        hash_of(values={"a": 1}),
        hash_of(action=Action.DELETE),
        hash_of(adapter_version="2"),
        hash_of(shop_identity="t"),
    ]
    assert len({hash_of(), *others}) == 5


def test_a_submission_key_is_the_same_for_a_repetition_alone():
    one, two = uuid4(), uuid4()
    key = submission_key(one, "push_stock", [(one, 1, b"a", "x"), (two, 1, b"b", None)])
    assert key == submission_key(one, "push_stock", [(two, 1, b"b", None), (one, 1, b"a", "x")])
    assert key != submission_key(one, "push_stock", [(one, 2, b"a", "x"), (two, 1, b"b", None)])
    assert key != submission_key(one, "push_prices", [(one, 1, b"a", "x"), (two, 1, b"b", None)])
    assert key != submission_key(two, "push_stock", [(one, 1, b"a", "x"), (two, 1, b"b", None)])


def prepared(read: ReadItem, **more):
    found = prepare([read], Operation.PUSH_STOCK, CONNECTOR, FakeAdapter(), **more)
    return found.ready[0] if found.ready else found.decided[0][1]


def test_a_stale_item_is_dropped_and_never_sent_over_a_newer_one():
    item = StockItem(uuid4(), uuid4(), "sku", 1, Listing("x"), 5)
    assert isinstance(prepared(ReadItem(item.id, item.product_id, "sku", 5, item)), Ready)
    stale = prepared(ReadItem(item.id, item.product_id, "sku", 5, item, sent=Sent(b"h", 6)))
    assert (stale.kind, stale.reason) == (OutcomeKind.SUPERSEDED, ReasonCode.SUPERSEDED)


def test_unchanged_means_the_same_words_and_is_overruled_by_doubt():
    item = StockItem(uuid4(), uuid4(), "sku", 1, Listing("x"), 5)
    digest = prepared(ReadItem(item.id, item.product_id, "sku", 5, item)).hash
    known = ReadItem(item.id, item.product_id, "sku", 5, item, sent=Sent(digest, 4))
    assert prepared(known).reason is ReasonCode.UNCHANGED
    assert isinstance(prepared(known, forced={item.id}), Ready)


def test_a_verdict_and_a_quarantine_cost_no_mapping():
    verdict = Verdict(OutcomeKind.REJECTED, ReasonCode.NO_PRICE, "none", "base_price")
    assert prepared(ReadItem(uuid4(), uuid4(), "s", 1, verdict)).field == "base_price"
    item = StockItem(uuid4(), uuid4(), "sku", 1, Listing("x"), 5)
    held = prepared(ReadItem(item.id, item.product_id, "sku", 5, item, held=Held(5, None)))
    assert held.kind is OutcomeKind.QUARANTINED


def test_waits_double_up_to_five_minutes():
    assert [backoff(n) for n in (0, 1, 5, 8, 9, 60)] == [1, 2, 32, 256, 300, 300]


def test_a_gone_id_is_told_by_kind():
    child = PriceItem(uuid4(), uuid4(), "s", Price(amount=Decimal(1), currency="EUR"), Listing("v", "p"), 1)
    assert kinds_of(child, "v") == {"variant"}
    assert kinds_of(child, "p") == {"product"}
    simple = StockItem(uuid4(), uuid4(), "s", 1, Listing("7"), 1)
    assert kinds_of(simple, "7") == {"product", "variant"}


def row(**settings):
    return {
        "id": UUID(int=1),
        "account_id": UUID(int=2),
        "platform": "fake",
        "status": "active",
        "settings": {"shop": "a.fake.test", **settings},
        "shop_identity": "a",
        "route_key": "r",
        "mapping_version": 3,
        "shop_currency": None,
        "deleted_at": datetime.now(UTC),
        "key_id": None,
        "ciphertext": None,
        "version": None,
        "mapping": None,
    }


def test_a_connectors_settings_are_read_as_adapters_know_them():
    connector = connector_of(row(locations=["a", " b "], currency="EUR", tax_mode="net", empty=""), manifest())
    assert connector.settings == ConnectorSettings(
        address="a.fake.test", currency="EUR", locations=("a", "b"), extra={"tax_mode": "net"}
    )
    assert connector.deleted
    assert connector.sealed is None
    assert connector.mapping_version == 3


def test_what_the_mapping_says_of_locale_channel_and_locations_wins_over_the_settings():
    given_ = {**row(locale="de", channel="web", locations="a"), "mapping": {"locale": "en", "locations": {"b": "7"}}}
    settings = connector_of(given_, manifest()).settings
    assert (settings.locale, settings.channel, settings.locations) == ("en", "web", ("b",))
    assert settings.mapping.locations == {"b": "7"}
    everywhere = {**given_, "mapping": {"channel": "b2b", "locations": {"*": "7"}}}
    settings = connector_of(everywhere, manifest()).settings
    assert (settings.locale, settings.channel, settings.locations) == ("de", "b2b", ())
    assert "locations" not in settings.extra


def test_requests_of_a_self_hosted_shop_go_to_its_own_host_alone():
    own = manifest().model_copy(update={"host": HostSpec(address_setting="shop", extra_hosts=("auth.test",))})
    rule = host_rule(own, ConnectorSettings(address="https://Shop.Example.com:8443/store"), EgressPolicy())
    assert rule.matches("shop.example.com")
    assert rule.matches("auth.test")
    assert not rule.matches("shopxexample.com")
    assert not rule.matches("evil.com")
    assert rule.schemes == {"https"}
    assert host_rule(manifest(), ConnectorSettings(address="x"), EgressPolicy()).matches("b.fake.test")


def test_without_tls_only_where_platform_operator_and_address_say_so():
    plain, secure = (
        ConnectorSettings(address="http://old.example.com"),
        ConnectorSettings(address="https://old.example.com"),
    )
    both = manifest().model_copy(update={"host": HostSpec(address_setting="shop", schemes=("https", "http"))})
    permits = EgressPolicy.parse(plain_http="old.example.com")
    assert host_rule(both, plain, permits).schemes == {"http"}
    assert host_rule(both, secure, permits).schemes == {"https"}
    assert host_rule(both, plain, EgressPolicy()).schemes == {"https"}
    assert host_rule(both, plain, EgressPolicy.parse(plain_http="*.other.com")).schemes == {"https"}
    assert host_rule(manifest(), plain, permits).schemes == {"https"}


def test_the_host_of_an_address_is_found_in_every_spelling():
    for address in ("a.test", "https://a.test", "https://A.test:8443/x", "https://user@a.test/"):
        assert host_of(address) == "a.test"


def test_requests_and_tokens_do_not_tell_their_secrets() -> None:
    request = HttpRequest("POST", "https://a.test/", "t", headers={"Authorization": "Basic s3cr3t"}, content=b"s3cr3t")
    assert "s3cr3t" not in repr([request, Token("s3cr3t", 60.0)])
