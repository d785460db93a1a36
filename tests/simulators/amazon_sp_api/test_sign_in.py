"""Sheet, "Credentials and auth" and "Test connection"."""

import pytest
from simulators.amazon_sp_api.seller import DE, EU, FR, SETTINGS, SHOP, Seller

OTHER = "a2other.sellingpartnerapi-eu.amazon.com"
PARTICIPATIONS = "/sellers/v1/marketplaceParticipations"


async def test_a_refresh_token_gives_an_access_token_for_an_hour(seller: Seller) -> None:
    status, answer = await seller.sign_in()
    assert (status, answer["token_type"], answer["expires_in"]) == (200, "bearer", 3600)
    assert answer["access_token"].startswith("Atza|")
    assert answer["refresh_token"] == "Atzr|first"
    assert (await seller.counts())["operations"]["token"] == 2


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"refresh_token": "Atzr|other"}, 400, "invalid_grant"),
        ({"client_secret": "other"}, 401, "invalid_client"),
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "profile"}, 400, "invalid_scope"),
    ],
)
async def test_what_is_wrong_with_a_sign_in_is_named(
    seller: Seller, form: dict[str, str], status: int, error: str
) -> None:
    found, answer = await seller.sign_in(**form)
    assert (found, answer["error"]) == (status, error)
    assert answer["error_description"]


async def test_a_token_ends_by_the_simulators_clock(seller: Seller) -> None:
    seller.advance(3599)
    assert (await seller.ask("GET", PARTICIPATIONS))[0] == 200
    seller.advance(2)
    status, answer = await seller.ask("GET", PARTICIPATIONS)
    [error] = answer["errors"]
    assert (status, error["code"]) == (403, "Unauthorized")
    assert "expired" in error["details"]


async def test_a_rotating_refresh_token_is_dead_once_it_was_used() -> None:
    async with Seller(rotating_refresh_tokens=True) as seller:
        status, answer = await seller.sign_in()
        assert (status, answer["error"]) == (400, "invalid_grant")
        [newest] = seller.simulator.shops[SHOP].state.refresh_tokens
        status, answer = await seller.sign_in(refresh_token=newest)
        assert status == 200
        assert answer["refresh_token"] not in {newest, "Atzr|first"}
        await seller.settings(store_name="Renamed")
        assert (await seller.sign_in(refresh_token=answer["refresh_token"]))[0] == 200
        await seller.settings(refresh_token="Atzr|authorised again")
        assert (await seller.sign_in())[0] == 200


async def test_a_used_up_token_is_its_own_sellers_trouble() -> None:
    async with Seller(rotating_refresh_tokens=True) as seller:
        other = SETTINGS | {"seller_id": "A2OTHER", "refresh_token": "Atzr|two", "rotating_refresh_tokens": True}
        await seller.control("PUT", f"shops/{OTHER}", other)
        statuses = [(await seller.sign_in(refresh_token="Atzr|two"))[0] for _ in range(2)]
        assert statuses == [200, 400]
        counts = await seller.control("GET", f"counts?host={OTHER}")
        assert (counts["operations"], counts["statuses"]) == ({"token": 2}, {"200": 1, "400": 1})


async def test_a_grantless_token_reads_no_listings(seller: Seller) -> None:
    status, answer = await seller.sign_in(grant_type="client_credentials", scope="sellingpartnerapi::notifications")
    assert (status, "refresh_token" in answer) == (200, False)
    seller.token = answer["access_token"]
    assert (await seller.ask("GET", PARTICIPATIONS))[0] == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"headers": {"x-amz-access-token": None}},
        {"headers": {"x-amz-access-token": "Atza|other"}},
        {"host": "sellingpartnerapi-na.amazon.com"},
        {"path": "/listings/2021-08-01/items/SOMEBODY"},
        {"path": "/listings/2021-08-01/items/A1SELLER/a/b"},
        {"path": "/nowhere"},
    ],
    ids=["no token", "unknown token", "other region", "other seller", "slash in a SKU", "no such path"],
)
async def test_every_refused_access_is_the_same_403(seller: Seller, wrong: dict[str, object]) -> None:
    asked = {"path": PARTICIPATIONS, "host": EU, "headers": {}} | wrong
    status, answer = await seller.ask("GET", marketplaceIds=FR, **asked)  # type: ignore[arg-type]
    [error] = answer["errors"]
    assert (status, error["code"]) == (403, "Unauthorized")
    assert error["message"] == "Access to requested resource is denied."
    assert seller.headers["x-amzn-RequestId"]
    assert "x-amzn-RateLimit-Limit" not in seller.headers


async def test_a_missing_role_denies_its_operations_only() -> None:
    async with Seller(denied_operations=["searchListingsItems"]) as seller:
        status, _ = await seller.ask("GET", seller.item_path(), marketplaceIds=FR)
        assert status == 403
        assert (await seller.ask("GET", PARTICIPATIONS))[0] == 200


async def test_a_revoked_consent_ends_tokens_that_still_run(seller: Seller) -> None:
    await seller.settings(revoked=True)
    assert (await seller.ask("GET", PARTICIPATIONS))[0] == 403
    assert (await seller.sign_in())[1]["error"] == "invalid_grant"


async def test_participations_tell_currency_and_language(seller: Seller) -> None:
    status, answer = await seller.ask("GET", PARTICIPATIONS)
    first, second = answer["payload"]
    assert (status, second["marketplace"]["id"]) == (200, DE)
    assert first["marketplace"] == {
        "id": FR,
        "name": "Amazon.fr",
        "countryCode": "FR",
        "defaultCurrencyCode": "EUR",
        "defaultLanguageCode": "fr_FR",
        "domainName": "www.amazon.fr",
    }
    assert first["participation"] == {"isParticipating": True, "hasSuspendedListings": False}


async def test_nobodys_requests_are_refused_in_the_words_of_each_host() -> None:
    async with Seller() as seller:
        seller.simulator.shops.clear()
        assert (await seller.sign_in())[1]["error"] == "invalid_client"
        status, answer = await seller.ask("GET", PARTICIPATIONS)
        assert (status, answer["errors"][0]["code"]) == (403, "Unauthorized")
        status, body, _ = await seller.fetch("GET", "https://x.s3.eu-west-1.amazonaws.com/nobody/1?a=b")
        assert (status, b"NoSuchKey" in body) == (404, True)


async def test_sellers_of_one_host_are_told_apart_by_their_tokens(seller: Seller) -> None:
    other = SETTINGS | {
        "seller_id": "A2OTHER",
        "refresh_token": "Atzr|two",
        "store_name": "Other",
        "marketplaces": [DE],
    }
    await seller.control("PUT", f"shops/{OTHER}", other)
    mine = (await seller.ask("GET", PARTICIPATIONS))[1]["payload"]
    _, answer = await seller.sign_in(refresh_token="Atzr|two")
    seller.token = answer["access_token"]
    theirs = (await seller.ask("GET", PARTICIPATIONS))[1]["payload"]
    assert (mine[0]["storeName"], theirs[0]["storeName"]) == ("Simulated store", "Other")
    assert (len(mine), len(theirs)) == (2, 1)


async def test_settings_that_make_no_seller_are_refused(seller: Seller) -> None:
    with pytest.raises(AssertionError, match="refresh_token"):
        await seller.control("PUT", "shops/x", {"seller_id": "X"})
    with pytest.raises(AssertionError, match="no marketplaces of FE"):
        await seller.control("PUT", "shops/x", SETTINGS | {"region": "FE"})
    with pytest.raises(AssertionError, match="region is NA, EU or FE"):
        await seller.control("PUT", f"shops/{SHOP}", {"region": "XX", "store_name": "Changed"})
    known = await seller.control("GET", "shops")
    assert [(one["host"], one["settings"]["region"]) for one in known] == [(SHOP, "EU")]


async def test_headers_that_a_program_owes_are_recorded_and_not_answered(seller: Seller) -> None:
    status, _ = await seller.ask("GET", PARTICIPATIONS, headers={"User-Agent": "curl/8"})
    assert status == 200
    if (await seller.control("GET", "violations"))["validated"]:
        assert [one["rule"] for one in await seller.violations()] == ["user_agent"]
