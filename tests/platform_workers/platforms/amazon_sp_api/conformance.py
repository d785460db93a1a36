"""What the laws must know of Amazon."""

from decimal import Decimal
from typing import Any

from conformance.profile import Demand, Fetching, Profile, Results, Seen, Shop, by_sku
from platform_workers.platforms.amazon_sp_api.catalog import FR, rule

from pixee_common.domain.mapping import ConnectorMapping

_SIGN_IN = "api.amazon.com"
_HOST = "sellingpartnerapi-eu.amazon.com"
_SELLER = "A1LAWS"
_ITEMS = f"/listings/2021-08-01/items/{_SELLER}"
_AGENT = "PixeeLaws/1.0 (Language=Python/3.11)"


async def _headers(shop: Shop) -> dict[str, str]:
    """Signed in anew: laws advance the clock by hours."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": shop.credentials["refresh_token"],
        "client_id": shop.credentials["lwa_client_id"],
        "client_secret": shop.credentials["lwa_client_secret"],
    }
    answer = await shop.http.post(f"{shop.url}/auth/o2/token", data=form, headers={"Host": _SIGN_IN})
    answer.raise_for_status()
    return {
        **shop.headers,
        "x-amz-access-token": answer.json()["access_token"],
        "x-amz-date": "20261123T091500Z",
        "User-Agent": _AGENT,
    }


def _is_parent(item: dict[str, Any]) -> bool:
    return "parent" in {one["value"] for one in item["attributes"].get("parentage_level", ())}


def _seen(item: dict[str, Any]) -> Seen:
    attributes, (summary,) = item["attributes"], item["summaries"]
    offers = attributes.get("purchasable_offer") or [{}]
    amount = offers[0]["our_price"][0]["schedule"][0]["value_with_tax"] if offers[0] else None
    stock = next(iter(item["fulfillmentAvailability"]), {})
    ean = next((one["value"] for one in attributes.get("externally_assigned_product_identifier", ())), None)
    return Seen(
        title=attributes["item_name"][0]["value"],
        price=None if amount is None else Decimal(str(amount)),
        quantity=stock.get("quantity"),
        status="active" if "BUYABLE" in summary["status"] else "draft",
        ean=ean,
        external_id=item["sku"],
    )


async def read(shop: Shop) -> dict[str, Seen]:
    headers, rows, token = await _headers(shop), [], None
    while True:
        query = {
            "marketplaceIds": FR,
            "pageSize": "20",
            "sortBy": "sku",
            "sortOrder": "ASC",
            "includedData": "summaries,attributes,fulfillmentAvailability",
        }
        answer = await shop.http.get(
            f"{shop.url}{_ITEMS}", params=query | ({"pageToken": token} if token else {}), headers=headers
        )
        answer.raise_for_status()
        told = answer.json()
        rows += [(item["sku"], _seen(item)) for item in told["items"] if not _is_parent(item)]
        token = told["pagination"].get("nextToken")
        if token is None:
            return by_sku(rows)


async def remove(shop: Shop, sku: str) -> None:
    answer = await shop.http.delete(
        f"{shop.url}{_ITEMS}/{sku}", params={"marketplaceIds": FR}, headers=await _headers(shop)
    )
    answer.raise_for_status()


async def occupy(shop: Shop, sku: str, key: str | None) -> str:
    """Amazon carries no key of anybody's: a listing is its SKU's, whoever wrote it."""

    def text(value: str) -> list[dict[str, str]]:
        return [{"value": value, "language_tag": "fr_FR", "marketplace_id": FR}]

    def plain(value: Any) -> list[dict[str, Any]]:
        return [{"value": value, "marketplace_id": FR}]

    attributes = {
        **{name: text(value) for name, value in _TEXTS.items()},
        "item_name": text("Stands here already"),
        "size": text("One"),
        "country_of_origin": plain("FR"),
        "supplier_declared_dg_hz_regulation": plain("not_applicable"),
        "target_gender": plain("unisex"),
        "supplier_declared_has_product_identifier_exemption": plain(True),
    }
    body = {"productType": "SHIRT", "requirements": "LISTING_PRODUCT_ONLY", "attributes": attributes}
    answer = await shop.http.put(
        f"{shop.url}{_ITEMS}/{sku}", params={"marketplaceIds": FR}, json=body, headers=await _headers(shop)
    )
    answer.raise_for_status()
    assert answer.json()["status"] == "ACCEPTED", answer.json()
    return sku


_TEXTS = {
    "brand": "Laws",
    "product_description": "As the law says.",
    "bullet_point": "Lawful",
    "color": "Blue",
    "material": "Cotton",
    "department": "Adults",
}
_MAPPING = ConnectorMapping(
    product_types={"*": "SHIRT"},
    attributes=(
        *(rule(name, f"constant:{value}") for name, value in _TEXTS.items()),
        rule("country_of_origin", "constant:FR"),
        rule("supplier_declared_dg_hz_regulation", "constant:not_applicable"),
        rule("target_gender", "constant:unisex"),
        # A product without variants has one size; where there is the option its value is the whole attribute.
        rule("size.value", "constant:One"),
        rule("size", "option:Size"),
    ),
)


def _demand() -> Demand:
    """A value that the rule of its attribute does not translate; products that say nothing of it are as they were."""

    def mapped(**values: str) -> dict[str, Any]:
        made = rule("manufacturer", "attribute:maker", values=values)
        return _MAPPING.model_copy(update={"attributes": (*_MAPPING.attributes, made)}).model_dump(mode="json")

    return Demand(
        content={"names": {"en": "Mapped"}, "attributes": [{"code": "maker", "values": {"en": ["atelier"]}}]},
        lacking=mapped(maison="House"),
        complete=mapped(atelier="Workshop"),
        changed=mapped(atelier="Studio"),
        field="attributes.manufacturer.values",
        ours="atelier",
    )


def _next_feed(**outcome: Any) -> dict[str, Any]:
    return {"next_feeds": [outcome]}


def _forget(simulator: Any, host: str) -> None:
    simulator.shops[host].state.feeds.clear()


def _lose(simulator: Any, host: str) -> None:
    simulator.shops[host].state.documents.clear()


_RESULTS = Results(
    silent=lambda sku: _next_feed(missing_skus=[sku]),
    silent_but_done=lambda sku: _next_feed(missing_skus=[sku], missing_applied=True),
    strangers=_next_feed(strays=2),
    half=_next_feed(end="FATAL", applied=0.5),
    nothing=_next_feed(end="CANCELLED"),
    turning=lambda sku: {"late_issue_skus": [sku], "late_issue_after_s": 3600.0},
    forget=_forget,
    lose=_lose,
)
_SECRETS = {
    "lwa_client_id": "amzn1.application-oa2-client.laws",
    "lwa_client_secret": "amzn1.oa2-cs.v1." + "a" * 26 + "canary",
    "refresh_token": "Atzr|" + "b" * 30 + "canary",
}

PROFILE = Profile(
    host=_HOST,
    credentials=_SECRETS,
    settings={"region": _HOST, "marketplace_id": FR, "seller_id": _SELLER, "without_ean": "exempt"},
    shop={"seller_id": _SELLER, "region": "EU", "marketplaces": [FR]},
    wrong={"lwa_client_secret": "amzn1.oa2-cs.v1." + "c" * 32},
    elsewhere={"region": "169.254.169.254"},
    refused={"names": {"en": ""}},
    fetching=Fetching(_SECRETS, "/auth/o2/token", 3600.0),
    read=read,
    occupy=occupy,
    remove=remove,
    limits={"rate_scale": 100},
    mapping=_MAPPING.model_dump(mode="json"),
    demand=_demand(),
    second_thoughts=lambda sku: {"late_issue_skus": [sku], "late_issue_after_s": 1.0},
    results=_RESULTS,
    exempt={
        **dict.fromkeys(
            (
                "a_short_throttle_is_obeyed_to_the_second",
                "a_long_throttle_is_a_wait_with_its_time",
                "a_throttle_holds_everybody_who_shares_the_budget",
            ),
            'Amazon never says when to come again (sheet, section "Rate limits and retries": no Retry-After)',
        ),
        "what_belongs_to_another_is_left_for_a_person": (
            'a listing carries nobody\'s key, its SKU is the key (sheet, section "Push products": upsert key)'
        ),
        "the_shop_is_asked_for_its_currency_where_nobody_knows_it": (
            "a marketplace has one currency for ever, so no seller can sell in another one there (sheet, section "
            '"Test connection": defaultCurrencyCode); that it is asked for is tested beside the adapter'
        ),
    },
)
