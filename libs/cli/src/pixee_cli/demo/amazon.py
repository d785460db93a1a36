"""The demo's Amazon seller: where it sells, how fast the simulated Amazon is, and what the merchant has mapped."""

from collections.abc import Mapping
from typing import Any

from pixee_cli import output
from pixee_cli.demo.context import Demo

PLATFORM = "amazon_sp_api"
HOST = "demo.sellingpartnerapi-eu.amazon.com"
"""The name under which the simulator keeps the seller."""

API_HOST = "sellingpartnerapi-eu.amazon.com"
_SELLER = "A1PIXEEDEMO"
_FRANCE = "A13V1IB3VIYZZH"

SETTINGS: Mapping[str, str] = {
    "region": "EU",
    "marketplace_id": _FRANCE,
    "seller_id": _SELLER,
    "without_ean": "exempt",
}
SELLER: Mapping[str, Any] = {"seller_id": _SELLER, "region": "EU", "marketplaces": [_FRANCE]}

_FASTER = 20
LIMITS: Mapping[str, Any] = {"rate_scale": _FASTER, "feed_queue_s": 0.5, "feed_s": 1.0, "feed_message_s": 0.0005}
"""At its published rates (https://developer-docs.amazon.com/sp-api/docs/listings-items-api-rate-limits, 5 calls a second) Amazon
would take a thousand listings in three and a half minutes; the engine keeps to whatever rate Amazon's answers name."""

OPTIONS: Mapping[str, str] = {"Colour": "color", "Size": "size", "Ink": "ink_color"}
"""Option's name in our own catalog → the attribute by which Amazon tells variants apart."""

_MAPPING: Mapping[str, Any] = {
    "product_types": {"*": "MERCHANDISE"},
    "attributes": [
        {"target": "country_of_origin", "source": "constant:FR"},
        {"target": "supplier_declared_dg_hz_regulation", "source": "constant:not_applicable"},
        *({"target": attribute, "source": f"option:{name}"} for name, attribute in OPTIONS.items()),
    ],
}
"""MERCHANDISE is the simulator's: of the types that it invents, it alone demands neither description nor brand, which many products of
the sample lack. Origin and dangerous goods it demands of all."""


async def map_amazon(demo: Demo) -> None:
    """Puts the mapping unless the connector has one."""
    connector = demo.connectors[PLATFORM]
    if (await demo.gateway.mapping(connector))["version"]:
        output.say("Amazon: mapped by an earlier run")
        return
    await demo.gateway.put_mapping(connector, {"version": 0, **_MAPPING})
    output.say("Amazon: everything is mapped to the product type MERCHANDISE, with the attributes that it demands.")


def say_speed() -> None:
    """The demo says that it does not wait as long as a merchant does."""
    output.say(
        f"Amazon is simulated with {_FASTER} times its published rates (rate_scale {_FASTER}), and a file (from 1,500 products) "
        f"is worked on in {LIMITS['feed_s']:g} s and {LIMITS['feed_message_s'] * 1000:g} ms a message."
    )
