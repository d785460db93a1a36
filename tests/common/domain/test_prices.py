"""The price that is sent: the channel's price list, else the base price, never another currency."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from pixee_common.domain.money import Price
from pixee_common.domain.prices import BasePrice, ListedPrice, NoPrice, price_for

NOW = datetime(2026, 11, 24, tzinfo=UTC)
BASE = BasePrice(Decimal("20.00"), None, "EUR")


def listed(key="a", channel="web", currency="EUR", amount="15.00", start=None, end=None) -> ListedPrice:
    return ListedPrice(key, channel, currency, Decimal(amount), None, start, end)


def chosen(entries, channel="web", currency="EUR", base=BASE, named=None):
    return price_for(channel=channel, currency=currency, at=NOW, listed=entries, base=base, price_list=named)


def test_the_price_list_of_the_channel_wins_over_the_base_price() -> None:
    assert chosen([listed()]) == Price(amount="15.00", currency="EUR", price_list_id="a")


def test_without_a_matching_list_the_base_price_is_sent() -> None:
    assert chosen([listed(channel="b2b")]) == Price(amount="20.00", currency="EUR")
    assert chosen([listed()], channel=None) == Price(amount="20.00", currency="EUR")


def test_a_list_counts_from_its_beginning_and_no_longer_at_its_end() -> None:
    hour = timedelta(hours=1)
    assert chosen([listed(start=NOW)]).amount == 15
    assert chosen([listed(end=NOW)]).amount == 20
    assert chosen([listed(start=NOW + hour)]).amount == 20
    assert chosen([listed(start=NOW - hour, end=NOW + hour)]).amount == 15


def test_of_several_lists_the_one_that_began_last_wins_and_ties_are_stable() -> None:
    older, newer = listed("a", amount="1", start=NOW - timedelta(2)), listed("b", amount="2", start=NOW - timedelta(1))
    assert chosen([newer, older]).amount == 2
    assert chosen([listed("b", amount="3"), listed("a", amount="4")]).price_list_id == "b"


def test_a_price_in_another_currency_is_never_sent() -> None:
    assert chosen([listed(currency="USD")], base=BASE) == Price(amount="20.00", currency="EUR")
    assert chosen([listed(currency="USD")], base=BasePrice(Decimal(1), None, "GBP")) == NoPrice(("GBP", "USD"))
    assert chosen([], base=None) == NoPrice(())


def test_the_list_that_the_mapping_names_wins_over_the_channels() -> None:
    entries = [listed("web", amount="15.00"), listed("vip", channel="b2b", amount="11.00")]
    assert chosen(entries, named="vip") == Price(amount="11.00", currency="EUR", price_list_id="vip")
    assert chosen(entries, named="vip", channel=None) == Price(amount="11.00", currency="EUR", price_list_id="vip")
    assert chosen(entries, named="none") == Price(amount="15.00", currency="EUR", price_list_id="web")
    ended = [listed("web", amount="15.00"), listed("vip", channel="b2b", amount="11.00", end=NOW)]
    assert chosen(ended, named="vip") == Price(amount="15.00", currency="EUR", price_list_id="web")


def test_a_named_list_in_another_currency_is_told() -> None:
    found = chosen([listed("vip", channel="b2b", currency="USD")], named="vip", base=None)
    assert found == NoPrice(("USD",))
