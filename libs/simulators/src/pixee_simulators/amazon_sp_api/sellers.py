"""getMarketplaceParticipations: where the seller sells. An older API: success is wrapped in `payload`."""

from typing import Any

from pixee_simulators.amazon_sp_api.regions import MARKETPLACES
from pixee_simulators.amazon_sp_api.visit import Answer, Visit


def participations(visit: Visit) -> Answer:
    store_name = str(visit.account.settings.get("store_name", "Simulated store"))
    return Answer({"payload": [_participation(one, store_name) for one in visit.account.marketplaces]})


def _participation(marketplace_id: str, store_name: str) -> dict[str, Any]:
    market = MARKETPLACES[marketplace_id]
    about = {
        "id": market.id,
        "name": market.name,
        "countryCode": market.country,
        "defaultCurrencyCode": market.currency,
        "defaultLanguageCode": market.language,
        "domainName": market.domain,
    }
    state = {"isParticipating": True, "hasSuspendedListings": False}
    return {"marketplace": about, "storeName": store_name, "participation": state}
