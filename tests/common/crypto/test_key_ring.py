"""Credentials open only with their key and for their connector, and never print themselves."""

import pickle
import time
from uuid import UUID, uuid4

import orjson
import pytest
from cryptography.fernet import Fernet

from pixee_common.crypto import (
    Credentials,
    CredentialsCorrupt,
    CryptoError,
    KeyRing,
    SealedCredentials,
    UnknownKeyId,
    WrongConnector,
    generate_key,
)

# The vectors of the Fernet specification (github.com/fernet/spec: verify.json, invalid.json).
SPEC_KEY = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="
SPEC_TOKEN = b"gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=="
SPEC_MOMENT = 499162800
SPEC_INVALID = {
    "incorrect mac": b"gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==",
    "too short": b"gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==",
    "invalid base64": b"%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
    "odd block size": b"gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm",
    "padding error": b"gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==",
    "incorrect iv": b"gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==",
}
SHOP = UUID("01900000-0000-7000-8000-000000000001")
FIELDS = {"access_token": "shpat_canary", "shop": "demo"}


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing([("a", generate_key())])


def test_what_is_sealed_opens_again(ring: KeyRing) -> None:
    sealed = ring.seal(SHOP, FIELDS)
    assert sealed.key_id == "a"
    assert b"canary" not in sealed.ciphertext
    assert dict(ring.open(SHOP, sealed)) == FIELDS


def test_sealing_twice_gives_different_tokens(ring: KeyRing) -> None:
    assert ring.seal(SHOP, FIELDS).ciphertext != ring.seal(SHOP, FIELDS).ciphertext


def test_a_row_moved_to_another_connector_does_not_open(ring: KeyRing) -> None:
    with pytest.raises(WrongConnector):
        ring.open(uuid4(), ring.seal(SHOP, FIELDS))


def test_a_missing_key_is_told_apart_from_damage(ring: KeyRing) -> None:
    sealed = KeyRing([("old", generate_key())]).seal(SHOP, FIELDS)
    with pytest.raises(UnknownKeyId) as caught:
        ring.open(SHOP, sealed)
    assert caught.value.key_id == "old"
    assert isinstance(caught.value, CryptoError)


def test_another_key_under_the_same_id_is_damage(ring: KeyRing) -> None:
    with pytest.raises(CredentialsCorrupt):
        ring.open(SHOP, KeyRing([("a", generate_key())]).seal(SHOP, FIELDS))


def test_every_flipped_bit_is_noticed(ring: KeyRing) -> None:
    good = ring.seal(SHOP, FIELDS).ciphertext
    for position in range(0, len(good) - 4, 7):
        bad = good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :]
        with pytest.raises(CredentialsCorrupt):
            ring.open(SHOP, SealedCredentials("a", bad))


@pytest.mark.parametrize(
    "plain", [b"hello", b"[]", b"{}", b'{"connector_id": 1, "fields": []}', b'{"fields": {"a": "b"}}']
)
def test_a_valid_token_that_does_not_hold_what_we_write_is_damage(plain: bytes) -> None:
    key = generate_key()
    with pytest.raises(CredentialsCorrupt):
        KeyRing([("a", key)]).open(SHOP, SealedCredentials("a", Fernet(key).encrypt(plain)))


def test_values_that_are_not_text_are_damage() -> None:
    key = generate_key()
    token = Fernet(key).encrypt(orjson.dumps({"connector_id": str(SHOP), "fields": {"a": 1}}))
    with pytest.raises(CredentialsCorrupt):
        KeyRing([("a", key)]).open(SHOP, SealedCredentials("a", token))


def test_keys_rotate_without_a_moment_in_which_nothing_opens() -> None:
    old, new = generate_key(), generate_key()
    sealed = KeyRing.parse(f"2025:{old}").seal(SHOP, FIELDS)
    both = KeyRing.parse(f" 2026:{new} , 2025:{old} ")
    assert dict(both.open(SHOP, sealed)) == FIELDS
    assert both.needs_rotation(sealed)
    rotated = both.rotate(SHOP, sealed)
    assert rotated.key_id == "2026"
    assert not both.needs_rotation(rotated)
    only_new = KeyRing.parse(f"2026:{new}")
    assert dict(only_new.open(SHOP, rotated)) == FIELDS
    with pytest.raises(UnknownKeyId):
        only_new.open(SHOP, sealed)


def test_the_vectors_of_the_fernet_specification_hold() -> None:
    ring = KeyRing([("spec", SPEC_KEY)])
    assert Fernet(SPEC_KEY).decrypt_at_time(SPEC_TOKEN, ttl=60, current_time=SPEC_MOMENT + 1) == b"hello"
    for token in SPEC_INVALID.values():
        with pytest.raises(CredentialsCorrupt):
            ring.open(SHOP, SealedCredentials("spec", token))


def test_what_we_seal_is_a_plain_fernet_token_of_this_moment() -> None:
    token = KeyRing([("spec", SPEC_KEY)]).seal(SHOP, FIELDS).ciphertext
    assert abs(Fernet(SPEC_KEY).extract_timestamp(token) - time.time()) < 60
    document = orjson.loads(Fernet(SPEC_KEY).decrypt(token))
    assert document == {"connector_id": str(SHOP), "fields": FIELDS}


@pytest.mark.parametrize("text", ["", " , ", "nokey", "a:canary", f"a:{SPEC_KEY},a:{SPEC_KEY}", f":{SPEC_KEY}"])
def test_unusable_key_settings_are_refused_without_quoting_a_key(text: str) -> None:
    with pytest.raises(ValueError, match=r".+") as caught:
        KeyRing.parse(text)
    assert "canary" not in str(caught.value)
    assert SPEC_KEY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_credentials_show_their_field_names_only() -> None:
    credentials = Credentials(FIELDS)
    for shown in (repr(credentials), str(credentials), f"{credentials}", f"{[credentials]}", f"{credentials!r:>5}"):
        assert "canary" not in shown
        assert "access_token" in shown
    assert "gAAAA" not in repr(KeyRing([("a", SPEC_KEY)]).seal(SHOP, FIELDS))
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(credentials)
    assert (len(credentials), credentials["shop"], sorted(credentials)) == (2, "demo", ["access_token", "shop"])


def test_logging_is_told_every_opened_value() -> None:
    told: list[str] = []
    ring = KeyRing([("a", generate_key())], on_secret=told.extend)
    ring.open(SHOP, ring.seal(SHOP, FIELDS))
    assert sorted(told) == ["demo", "shpat_canary"]
