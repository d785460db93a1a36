"""Accounts, keys, dead letters and the sending of an import on a real database."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from cli.files import read

from pixee_cli.account_store import (
    create_account,
    create_key,
    find_account,
    list_accounts,
    list_keys,
    revoke_key,
)
from pixee_cli.dead_letter_store import list_letters, read_letter, replay_letter
from pixee_cli.exits import CliError, UsageError
from pixee_cli.importing.options import ImportOptions
from pixee_cli.importing.road import Progress, import_file
from pixee_cli.importing.sending import CatalogSilent, Source, send, wait_taken
from pixee_common.crypto import parse, verify
from pixee_common.db import Database
from pixee_common.delivery.dead_letters import set_aside
from pixee_common.domain.ids import new_id
from pixee_common.events import CatalogChanged

pytestmark = pytest.mark.stack


@pytest.fixture
async def account(owner: Database):
    """An account of its own, with nothing waiting in the outbox."""
    async with owner.connection() as connection:
        await connection.execute("DELETE FROM outbox")
    name = f"cli {new_id()}"
    await create_account(owner, name)
    return await find_account(owner, name)


async def test_an_account_is_found_by_name_and_id_and_its_name_is_given_once(owner, account):
    assert await find_account(owner, str(account.id)) == account
    assert account in await list_accounts(owner)
    with pytest.raises(CliError, match="already"):
        await create_account(owner, account.name)
    with pytest.raises(UsageError, match="no account"):
        await find_account(owner, "nobody")


async def test_a_key_is_stored_as_a_hash_and_can_be_revoked(owner, account):
    key_id, text = await create_key(owner, account, "tests", ["READ"], days=1)
    async with owner.connection() as connection:
        row = await connection.fetchrow("SELECT * FROM api_keys WHERE id = $1", key_id)
        actions = await connection.fetch("SELECT action FROM audit_log WHERE account_id = $1 ORDER BY id", account.id)
    assert verify(row["secret_sha256"], parse(text).secret)
    assert (row["permissions"], row["expires_at"] > datetime.now(UTC)) == (["READ"], True)
    assert [one["action"] for one in actions] == ["account.created", "api_key.created"]
    await revoke_key(owner, key_id)
    assert [one.revoked_at is not None for one in await list_keys(owner, account)] == [True]
    with pytest.raises(UsageError, match="permissions are"):
        await create_key(owner, account, "tests", ["EVERYTHING"])


async def test_a_dead_letter_goes_back_into_the_outbox_as_it_was(owner, account):
    async with owner.transaction() as connection:
        await set_aside(
            connection, topic="pixee.catalog.changed.v1", payload=b"\xff{", reason="unreadable", message="no JSON",
            source="tests", partition=0, offset=int(new_id().int % 2**40), key=b"k", headers={"ce_type": "x"},
            account_id=account.id,
        )  # fmt: skip
        await connection.execute("DELETE FROM outbox")
    letter = (await list_letters(owner))[0]
    assert (letter.account_id, letter.message) == (account.id, "no JSON")
    assert (await read_letter(owner, letter.id)).payload == b"\xff{"
    await replay_letter(owner, letter.id)
    async with owner.connection() as connection:
        row = await connection.fetchrow("SELECT * FROM outbox")
    assert (row["topic"], row["key"], row["payload"], row["headers"]) == (
        letter.topic,
        b"k",
        b"\xff{",
        {"ce_type": "x"},
    )
    assert letter.id not in {one.id for one in await list_letters(owner)}
    assert letter.id in {one.id for one in await list_letters(owner, replayed=True)}


async def answer(owner: Database, statuses: dict[str, str]) -> int:
    """Plays the catalog: answers for what stands in the outbox; `statuses` by SKU, else applied."""
    async with owner.transaction() as connection:
        rows = await connection.fetch("DELETE FROM outbox RETURNING payload")
        for row in rows:
            event = CatalogChanged.model_validate_json(row["payload"])
            status = statuses.get(event.change.product.key, "applied")
            await connection.execute(
                "INSERT INTO catalog_sequences (account_id, source, entity, sequence, status, reason)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                event.account_id, event.source, event.change.entity, event.sequence, status,
                "SKU taken" if status == "refused" else None,
            )  # fmt: skip
    return len(rows)


async def imported(owner, account, path, statuses, **more):
    """An import with a catalog that answers."""

    async def answering() -> None:
        while True:
            await answer(owner, statuses)
            await asyncio.sleep(0.02)

    catalog = asyncio.create_task(answering())
    try:
        with Progress(silent=True) as progress:
            return await import_file(owner, account.id, path, ImportOptions(), progress=progress, **more)
    finally:
        catalog.cancel()
        await asyncio.gather(catalog, return_exceptions=True)


async def test_an_import_is_answered_for_product_by_product_and_its_repetition_sends_nothing(owner, account, tmp_path):
    path, report_file = tmp_path / "in.csv", tmp_path / "report.json"
    path.write_text("sku,name\nA,a\nB/1,b\nC,c\nD,d\n", encoding="utf-8")
    statuses = {"C": "refused", "D": "unchanged"}
    report = await imported(owner, account, path, statuses, report_file=report_file)
    assert report.catalog.model_dump() == {"applied": 1, "unchanged": 1, "stale": 0, "refused": 1, "already": 0}
    notes = json.loads(report_file.read_text(encoding="utf-8"))["notes"]
    assert [(one["severity"], one["line"], one["sku"]) for one in notes] == [("refused", 3, "B/1"), ("catalog", 4, "C")]
    repeated = await imported(owner, account, path, statuses)
    assert repeated.catalog.model_dump() == {"applied": 0, "unchanged": 0, "stale": 0, "refused": 0, "already": 3}
    again = await imported(owner, account, path, {}, again=True)
    assert (again.catalog.applied, again.source.startswith(report.source + ":")) == (3, True)


async def test_events_carry_the_row_number_as_their_sequence(owner, account, tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("sku\nA\nB/1\nC\n", encoding="utf-8")
    told: list[int] = []
    await send(owner, Source(account.id, "import:x"), read(path).accepted, told.append)
    async with owner.connection() as connection:
        rows = await connection.fetch("SELECT payload, key FROM outbox ORDER BY id")
    events = [CatalogChanged.model_validate_json(row["payload"]) for row in rows]
    assert [(one.sequence, one.change.entity) for one in events] == [(1, "product:A"), (3, "product:C")]
    assert (events[0].source, told) == ("import:x", [2])


async def test_a_silent_catalog_ends_the_waiting_with_what_to_do(owner, account):
    with pytest.raises(CatalogSilent, match="0 of 5 products"):
        await wait_taken(owner, Source(account.id, "import:y"), 5, lambda _: None, patience=0.0)
