"""A key is recognised by its form before any database is asked, and stored only as a hash."""

import re
import string
import zlib

import pytest

from pixee_common.crypto import ApiKeyMalformed, hash_secret, issue, parse, verify


def test_an_issued_key_has_the_documented_form_and_parses_back() -> None:
    for _ in range(50):
        key = issue("test")
        assert re.fullmatch(r"pix_test_[0-9A-Za-z]{12}_[0-9A-Za-z_-]{43}[0-9A-Za-z]{6}", key.text())
        assert parse(key.text()) == key


def test_the_checksum_is_the_crc32_of_all_before_it_in_base_62() -> None:
    body = "pix_live_0123456789ab_" + "A" * 43
    assert parse(body + "25K9Rl").id == "0123456789ab"
    text = issue().text()
    value = 0
    for character in text[-6:]:
        value = value * 62 + (string.digits + string.ascii_uppercase + string.ascii_lowercase).index(character)
    assert value == zlib.crc32(text[:-6].encode())


def test_every_single_wrong_character_is_noticed() -> None:
    text = issue().text()
    for position, old in enumerate(text):
        new = "x" if old != "x" else "y"
        with pytest.raises(ApiKeyMalformed):
            parse(text[:position] + new + text[position + 1 :])


@pytest.mark.parametrize(
    "text", ["", "pix_", "Bearer x", "pix_live_short_x", "pix_LIVE_0123456789ab_" + "A" * 49, "é" * 71]
)
def test_anything_else_is_no_key(text: str) -> None:
    with pytest.raises(ApiKeyMalformed):
        parse(text)


def test_a_key_with_something_around_it_is_no_key() -> None:
    text = issue().text()
    for odd in (text + "\n", " " + text, text[:-1], text + "A"):
        with pytest.raises(ApiKeyMalformed) as caught:
            parse(odd)
        assert text[20:60] not in str(caught.value)


def test_only_the_right_secret_verifies() -> None:
    key, other = issue(), issue()
    stored = hash_secret(key.secret)
    assert len(stored) == 32
    assert verify(stored, key.secret)
    assert not verify(stored, other.secret)
    assert not verify(b"", key.secret)


def test_a_printed_key_hides_its_secret() -> None:
    key = issue()
    assert key.secret not in repr(key)
    assert key.id in repr(key)


def test_the_environment_must_fit_the_form() -> None:
    for env in ("", "Live", "a_b", "x" * 17):
        with pytest.raises(ValueError, match="env"):
            issue(env)
