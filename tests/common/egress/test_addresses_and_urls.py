"""Every spelling of a forbidden target is refused before a name is resolved."""

import ipaddress

import pytest

from pixee_common.egress import EgressPolicy, EgressRefused, EgressRoute, HostRule, check_url, refusal_of_address

ANY_HOST = HostRule()
SHOPIFY = HostRule(pattern=r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
NO_POLICY = EgressPolicy()


def reason_of(url: str, rule: HostRule = ANY_HOST, policy: EgressPolicy = NO_POLICY) -> str:
    with pytest.raises(EgressRefused) as caught:
        check_url(url, rule, policy)
    assert not caught.value.possibly_processed
    assert caught.value.advice
    return caught.value.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("0.0.0.0", "unspecified"),
        ("10.0.0.1", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "carrier_nat"),
        ("169.254.0.1", "link_local"),
        ("169.254.169.254", "metadata"),
        ("168.63.129.16", "metadata"),
        ("100.100.100.200", "metadata"),
        ("192.0.0.192", "metadata"),
        ("192.0.0.8", "reserved"),
        ("192.0.2.1", "documentation"),
        ("198.18.0.1", "reserved"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.250", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::", "reserved"),
        ("::1", "loopback"),
        ("::7f00:1", "reserved"),
        ("::ffff:127.0.0.1", "mapped"),
        ("::ffff:8.8.8.8", "mapped"),
        ("64:ff9b::7f00:1", "nat64"),
        ("64:ff9b:1::1", "nat64"),
        ("2002:7f00:1::", "tunnel"),
        ("2001:0:1::1", "tunnel"),
        ("2001:db8::1", "documentation"),
        ("fc00::1", "private"),
        ("fd00:ec2::254", "metadata"),
        ("fe80::1", "link_local"),
        ("fe80::1%eth0", "link_local"),
        ("fec0::1", "private"),
        ("ff02::1", "multicast"),
    ],
)
def test_addresses_that_are_not_public_are_refused(text: str, reason: str) -> None:
    assert refusal_of_address(ipaddress.ip_address(text)) == reason


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "23.227.38.65", "2606:4700::6810:84e5", "2620:127:f00f::1"])
def test_public_addresses_are_allowed(text: str) -> None:
    assert refusal_of_address(ipaddress.ip_address(text)) is None


def test_the_operators_allowlist_opens_private_networks_but_never_metadata() -> None:
    everything = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
    assert refusal_of_address(ipaddress.ip_address("10.1.2.3"), everything) is None
    assert refusal_of_address(ipaddress.ip_address("169.254.169.254"), everything) == "metadata"
    assert refusal_of_address(ipaddress.ip_address("fd00:ec2::254"), everything) == "metadata"
    assert refusal_of_address(ipaddress.ip_address("10.1.2.3"), (ipaddress.ip_network("10.2.0.0/16"),)) == "private"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "malformed"),
        ("shop.example.com", "malformed"),
        ("https://", "malformed"),
        ("https:///path", "malformed"),
        ("https://shop.example.com:99999/", "malformed"),
        ("https://shop.example.com:x/", "malformed"),
        ("https://shop.example.com/a b", "malformed"),
        ("https://shop.example.com\\@169.254.169.254/", "malformed"),
        ("https://shop.example.com\r\nHost: evil/", "malformed"),
        ("https://shop_%00.example.com/", "malformed"),
        ("https://127.0.0.1%2f.example.com/", "malformed"),
        ("https://[::1%25eth0]/", "malformed"),
        ("https://[::g]/", "malformed"),
        ("https://a..example.com/", "malformed"),
        (f"https://{'a' * 64}.example.com/", "malformed"),
        (f"https://shop.example.com/{'a' * 9000}", "malformed"),
        ("http://shop.example.com/", "scheme"),
        ("ftp://shop.example.com/", "scheme"),
        ("file:///etc/passwd", "malformed"),
        ("gopher://shop.example.com:443/", "scheme"),
        ("https://user:pw@shop.example.com/", "userinfo"),
        ("https://169.254.169.254@shop.example.com/", "userinfo"),
        ("https://@shop.example.com/", "userinfo"),
        ("https://shop.example.com/#x", "fragment"),
        ("https://shop.example.com:22/", "port"),
        ("https://shop.example.com:0/", "port"),
        ("https://shop.example.com./", "trailing_dot"),
        ("https://127.0.0.1./", "trailing_dot"),
        ("https://localhost/", "local_name"),
        ("https://LOCALHOST/", "local_name"),
        ("https://shop.localhost/", "local_name"),
        ("https://metadata.google.internal/", "local_name"),
        ("https://printer.local/", "local_name"),
        ("https://kubernetes/", "local_name"),
        ("https://127.0.0.1/", "address_loopback"),
        ("https://169.254.169.254/latest/meta-data", "address_metadata"),
        ("https://[::1]/", "address_loopback"),
        ("https://[0:0:0:0:0:ffff:7f00:1]/", "address_mapped"),
        ("https://[::ffff:169.254.169.254]/", "address_mapped"),
        ("https://[64:ff9b::a9fe:a9fe]/", "address_nat64"),
        ("https://[fd00:ec2::254]/", "address_metadata"),
        ("https://2130706433/", "odd_address"),
        ("https://0x7f000001/", "odd_address"),
        ("https://0x7f.1/", "odd_address"),
        ("https://017700000001/", "odd_address"),
        ("https://0177.0.0.1/", "odd_address"),
        ("https://127.1/", "odd_address"),
        ("https://127.0.0.01/", "odd_address"),
        ("https://0/", "odd_address"),
        ("https://1.2.3.4.5/", "odd_address"),
        ("https://①②⑦.⓪.⓪.①/", "address_loopback"),
        ("https://127。0。0。1/", "address_loopback"),
    ],
)
def test_odd_and_hostile_urls_are_refused(url: str, reason: str) -> None:
    assert reason_of(url) == reason


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://shop.example.com", "https://shop.example.com/"),
        ("https://Shop.Example.COM:443/a", "https://shop.example.com/a"),
        (
            "https://shop.example.com:8443/a%2Fb?x=%20&y=a+b&z=%7e",
            "https://shop.example.com:8443/a%2Fb?x=%20&y=a+b&z=%7e",
        ),
        ("https://müller.example/ä"[:-1], "https://xn--mller-kva.example/"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2606:4700:0::6810:84e5]/", "https://[2606:4700::6810:84e5]/"),
    ],
)
def test_good_urls_come_back_in_canonical_form_with_path_and_query_untouched(url: str, canonical: str) -> None:
    assert str(check_url(url, ANY_HOST, NO_POLICY)) == canonical


@pytest.mark.parametrize(
    "host",
    [
        "myshopify.com",
        "evil.com",
        "demo.myshopify.com.evil.com",
        "demo.myshopify.comx",
        "a.b.myshopify.com",
        "demo-myshopify.com",
    ],
)
def test_the_hosts_pattern_must_match_the_whole_host(host: str) -> None:
    assert reason_of(f"https://{host}/", SHOPIFY) == "host"


def test_a_host_that_matches_the_pattern_is_accepted_in_any_case() -> None:
    assert check_url("https://DEMO.myshopify.com/admin", SHOPIFY, NO_POLICY).host == "demo.myshopify.com"


def test_a_rule_may_name_further_hosts_exactly() -> None:
    rule = HostRule(pattern=r".+\.myshopify\.com", also=frozenset({"login.example.com"}))
    check_url("https://login.example.com/token", rule, NO_POLICY)
    assert reason_of("https://a.login.example.com/token", rule) == "host"


def test_suffix_rules_match_the_suffix_and_what_is_below_it_only() -> None:
    rule = HostRule.of_suffixes("googleapis.com", ".s3.amazonaws.com")
    for host in ("storage.googleapis.com", "googleapis.com", "bucket.s3.amazonaws.com"):
        check_url(f"https://{host}/f", rule, NO_POLICY)
    for host in ("evilgoogleapis.com", "googleapis.com.evil.com", "amazonaws.com", "googleapisxcom.com"):
        assert reason_of(f"https://{host}/f", rule) == "host"
    with pytest.raises(ValueError, match="suffix"):
        HostRule.of_suffixes("")


def test_a_route_reaches_a_host_otherwise_but_the_manifests_rule_still_holds() -> None:
    policy = EgressPolicy.parse(routes="*.myshopify.com=http://127.0.0.1:9001, woo=http://127.0.0.1:9002")
    assert check_url("https://demo.myshopify.com/x", SHOPIFY, policy).host == "demo.myshopify.com"
    assert reason_of("https://demo.evil.com/x", SHOPIFY, policy) == "host"
    assert reason_of("http://demo.myshopify.com/x", SHOPIFY, policy) == "scheme"
    assert check_url("https://woo/x", ANY_HOST, policy).host == "woo"
    route = policy.route_for("demo.myshopify.com")
    assert route is not None
    target = route.apply(check_url("https://demo.myshopify.com/a%2Fb?c=%20d", SHOPIFY, policy))
    assert str(target) == "http://127.0.0.1:9001/a%2Fb?c=%20d"


def test_the_operators_settings_are_read_from_text() -> None:
    policy = EgressPolicy.parse(" 127.0.0.0/8 , fd00::/8,", "a.example=http://sim:80")
    assert policy.private_allowlist == (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
    assert policy.routes == (EgressRoute("a.example", "http://sim:80"),)
    assert EgressPolicy.parse("", "") == EgressPolicy()


@pytest.mark.parametrize(
    ("allow", "routes"),
    [("10.0.0.1/8", ""), ("ten", ""), ("", "a.example"), ("", "=http://x"), ("", "a=ftp://x"), ("", "a=http://x/p")],
)
def test_settings_that_cannot_be_read_are_refused(allow: str, routes: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        EgressPolicy.parse(allow, routes)
