"""Whose request this is, and whether it may ask: the token decides, and the host must be the seller's region."""

from collections.abc import Mapping

from aiohttp import web

from pixee_simulators.amazon_sp_api import sign_in
from pixee_simulators.amazon_sp_api.account import Account
from pixee_simulators.amazon_sp_api.errors import unauthorized
from pixee_simulators.amazon_sp_api.regions import SIGN_IN_HOST, region_of
from pixee_simulators.kit import Shop
from pixee_simulators.kit.simulator import shop_host

TOKEN_HEADER = "x-amz-access-token"


class Access:
    """Over all sellers of a simulator."""

    def __init__(self, shops: Mapping[str, Shop[Account]]) -> None:
        self._shops = shops

    def seller(self, request: web.Request, body: bytes) -> Shop[Account] | None:
        """The seller that a request belongs to, right or wrong. A request that tells nobody belongs to the only seller
        of its host's region, when there is only one, so that refusals are logged too.
        """
        host = shop_host(request.host)
        if host == SIGN_IN_HOST:
            return self._signing_in(sign_in.fields(body))
        if (region := region_of(host)) is None:
            return self._shops.get(request.path.split("/")[1])
        token = request.headers.get(TOKEN_HEADER, "")
        known = next((shop for shop in self._shops.values() if token in shop.state.access_tokens), None)
        return known or _only([shop for shop in self._shops.values() if shop.state.region == region])

    def admit(self, shop: Shop[Account], request: web.Request, now: float) -> None:
        """Raises Refusal (403) for a token that is missing, unknown, expired, grantless or of another region."""
        token = request.headers.get(TOKEN_HEADER)
        if not token:
            raise unauthorized("Access token is missing in the request header.")
        until, scope = shop.state.access_tokens.get(token, (None, ""))
        if until is None:
            raise unauthorized("The access token you provided is revoked, malformed or invalid.")
        if until <= now:
            raise unauthorized("The access token you provided has expired.")
        if scope or shop.settings.get("revoked") or region_of(shop_host(request.host)) != shop.state.region:
            raise unauthorized()

    def _signing_in(self, form: dict[str, str]) -> Shop[Account] | None:
        """By refresh token, used up or not, then by client id; a stranger belongs to the only seller, if there is only one."""
        shops = list(self._shops.values())
        token, client = form.get("refresh_token"), form.get("client_id")
        by_token = [shop for shop in shops if token in shop.state.refresh_tokens | shop.state.spent_tokens]
        by_client = [shop for shop in shops if client == shop.settings["lwa_client_id"]]
        return next(iter(by_token or by_client), None) or _only(shops)


def _only(shops: list[Shop[Account]]) -> Shop[Account] | None:
    return shops[0] if len(shops) == 1 else None
