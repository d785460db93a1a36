"""From a connector's settings to the shop's address: normalised once, checked by the manifest's host rule, and the shop's identity."""

from collections.abc import Mapping
from dataclasses import dataclass

from yarl import URL

from pixee_common.egress.errors import EgressRefused
from pixee_common.egress.policy import EgressPolicy, HostRule
from pixee_common.egress.urls import check_url
from pixee_common.platforms.manifest import HostSpec, Manifest

__all__ = ["ShopAddress", "host_rule", "shop_address"]


@dataclass(frozen=True, slots=True)
class ShopAddress:
    """`base` has no trailing slash, for example https://demo.myshopify.com; `identity` is the same for the same shop."""

    base: str
    identity: str


def host_rule(spec: HostSpec, address: str, policy: EgressPolicy) -> HostRule:
    """The rule that this platform's requests to a shop at this address must obey."""
    host = address.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0].lower()
    return HostRule(
        pattern=spec.pattern,
        ports=frozenset(spec.ports),
        schemes=policy.schemes_for(host, spec.schemes),
        also=frozenset(spec.extra_hosts),
    )


def shop_address(manifest: Manifest, settings: Mapping[str, str], policy: EgressPolicy) -> ShopAddress:
    """The shop's address from its setting; a bare host is taken as https.

    Raises:
        EgressRefused: it is no address that this platform may be reached at.
    """
    name = manifest.host.address_setting
    given = manifest.rewritten(name, settings.get(name, "").strip())
    wanted = given if "://" in given else f"https://{given}"
    url = check_url(wanted, host_rule(manifest.host, wanted, policy), policy)
    path = url.path.rstrip("/")
    if (path and not manifest.host.keep_path) or url.query_string:
        raise EgressRefused("the address has a path or a query", "give the shop's own address and nothing behind it")
    origin = URL.build(scheme=url.scheme, host=url.host or "", port=url.explicit_port).human_repr().rstrip("/")
    host = (url.host or "").lower()
    port = f":{url.explicit_port}" if url.explicit_port and url.explicit_port not in {80, 443} else ""
    told_apart = "".join(f"/{settings.get(one, '').strip()}" for one in manifest.host.identity_settings)
    return ShopAddress(base=f"{origin}{path}", identity=f"{host}{port}{path}{told_apart}")
