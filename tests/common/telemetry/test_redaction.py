"""A canary secret appears nowhere, whichever way it is written."""

import time

import pytest

from pixee_common.telemetry import redact, redact_fields, register_secrets

CANARY = "s3cr3t/canary+value="


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdef123456",
        "authorization: Basic Y2tfeDpjc195",
        "headers={'Authorization': 'Bearer abcdef123456'}",
        "got Bearer abcdef123456 back",
        '{"access_token": "abcdef123456", "n": 1}',
        '{\\"access_token\\": 1, "refresh_token":"abcdef123456"}',
        "https://shop.example/x?consumer_key=abcdef123456&consumer_secret=abcdef123456&page=2",
        "https://user:abcdef123456@shop.example/",
        "X-Shopify-Access-Token: abcdef123456",
        "password=abcdef123456",
        "api_key='abcdef123456'",
        "client_secret = b'abcdef123456'",
    ],
)
def test_what_stands_behind_a_telling_name_is_blotted_out(text: str) -> None:
    assert "abcdef123456" not in redact(text)
    assert "Y2tfeDpjc195" not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize(
    "secret",
    [
        "shpat_" + "0123456789abcdef" * 2,
        "ck_" + "0123456789" * 4,
        "cs_" + "abcdef0123" * 4,
        "pix_live_0123456789ab_" + "A" * 43 + "25K9Rl",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==",
    ],
)
def test_secrets_of_a_known_form_are_blotted_out_anywhere(secret: str) -> None:
    assert secret not in redact(f"the shop said <{secret}>.")


def test_values_that_were_decrypted_are_blotted_out_also_as_urls_carry_them() -> None:
    register_secrets([CANARY])
    for form in (CANARY, "s3cr3t%2Fcanary%2Bvalue%3D"):
        assert "canary" not in redact(f"a {form} b")


def test_short_values_are_no_secrets_and_ordinary_text_stays() -> None:
    register_secrets(["DE", "demo"])
    text = "pushed 5 of 7 products to demo (DE) in 0.3 s; price=19.99 key=SKU-1 status: ok"
    assert redact(text) == text


def test_fields_are_blotted_out_by_name_at_any_depth() -> None:
    register_secrets([CANARY])
    shown = redact_fields(
        {
            "headers": {"Authorization": "abc", "X-Id": "1"},
            "items": [{"consumer_secret": "abc"}, f"x{CANARY}x"],
            "count": 3,
            "ok": True,
            "none": None,
            "error": ValueError(CANARY),
            "token": 12345,
            "has_token": True,
        }
    )
    assert shown["headers"] == {"Authorization": "***", "X-Id": "1"}
    assert shown["items"] == [{"consumer_secret": "***"}, "x***x"]
    assert (shown["count"], shown["ok"], shown["none"], shown["has_token"]) == (3, True, None, True)
    assert shown["token"] == "***"
    assert "canary" not in shown["error"]


@pytest.mark.parametrize("piece", ["a", "token", "secret=", "eyJ", "://a:", "Bearer ", "cookie : ", "x-amz-security-"])
def test_hostile_text_costs_time_in_proportion_to_its_length_only(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    redact(text)
    assert time.process_time() - began < 2.0
