"""Each law is broken by the bug that it is there to find, and says so."""

import contextlib
from dataclasses import replace
from typing import Any

import pytest
from conformance import bugs_of_calls
from conformance.bench import PRODUCTS
from conformance.bug import Bug
from conformance.laws import LAWS
from conformance.opening import bench_of
from conformance.planted import BUGS, OUTSIDE_THE_SCHEMA

from pixee_common.domain.job import OutcomeKind
from pixee_orchestrator.timers import overdue
from pixee_simulators.kit.specs import find_specs
from pixee_workers.sync_base import assembling, outcome_sql, preparing, results, tokens
from pixee_workers.sync_base.credentials_gate import CredentialsGate
from pixee_workers.sync_base.items import Listing
from pixee_workers.sync_base.outcomes import Outcome
from pixee_workers.sync_base.uploads import late_telling, statements
from pixee_workers.sync_base.uploads.gathering import Loader
from pixee_workers.sync_base.uploads.rows import UploadRows

pytestmark = pytest.mark.stack

ENGINE_LAWS = frozenset(
    {
        "a_price_in_another_currency_is_never_sent",
        "stock_of_what_is_not_listed_costs_no_call",
        "a_file_without_a_result_is_overdue_and_in_nobodys_way",
        "a_stale_write_is_dropped",
        "an_item_in_two_chunks_of_a_file_is_written_once",
        "jobs_that_wait_together_go_in_one_file",
    }
)
"""Kept before any adapter is asked: their bugs are planted in the engine, below."""


def test_every_law_has_a_planted_bug() -> None:
    assert {bug.law for bug in BUGS} | ENGINE_LAWS == set(LAWS)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.law}-{bug.slug}")
async def test_the_law_finds_its_planted_bug(bug: Bug, owner, as_role) -> None:
    async with bench_of(bug.slug, owner, as_role("worker"), bug.plant, strict=False) as bench:
        with pytest.raises(AssertionError, match=bug.because):
            await LAWS[bug.law](bench)


async def test_a_request_outside_the_published_schema_fails_whatever_law_it_was_made_in(owner, as_role) -> None:
    if find_specs("woocommerce") is None:
        pytest.skip("the published schemas are not here")

    async def law() -> None:
        async with bench_of("woocommerce", owner, as_role("worker"), OUTSIDE_THE_SCHEMA) as bench:
            products, _ = await bench.products(1)
            await bench.carry(PRODUCTS, products)

    with pytest.raises(AssertionError, match="published schema"):
        await law()


async def _breaks(name: str, because: str, owner, as_role, slug: str = "woocommerce") -> None:
    async with bench_of(slug, owner, as_role("worker")) as bench:
        with pytest.raises(AssertionError, match=because):
            await LAWS[name](bench)


async def test_an_engine_that_ignores_currencies_is_found(owner, as_role, monkeypatch) -> None:
    real = assembling.price_for

    def careless(*, currency: str, base: Any, **given: Any) -> Any:
        return real(currency=currency, base=None if base is None else replace(base, currency=currency), **given)

    monkeypatch.setattr(assembling, "price_for", careless)
    await _breaks("a_price_in_another_currency_is_never_sent", "ended as as", owner, as_role)


async def test_an_engine_that_sends_what_is_not_listed_is_found(owner, as_role, monkeypatch) -> None:
    real = assembling._variant

    def careless(*given: Any) -> Any:
        row, listing, verdict = real(*given)
        missing = verdict is not None and verdict.kind is OutcomeKind.NOT_LISTED_YET
        return (row, Listing("1"), None) if missing else (row, listing, verdict)

    monkeypatch.setattr(assembling, "_variant", careless)
    await _breaks("stock_of_what_is_not_listed_costs_no_call", "a call was made for it", owner, as_role)


async def test_an_engine_that_sends_stale_values_is_found(owner, as_role, monkeypatch) -> None:
    real = preparing._one

    def careless(read: Any, *given: Any, forced: bool) -> Any:
        found = real(read, *given, forced=forced)
        stale = isinstance(found, Outcome) and found.kind is OutcomeKind.SUPERSEDED
        return real(replace(read, sent=None), *given, forced=forced) if stale else found

    monkeypatch.setattr(preparing, "_one", careless)
    await _breaks("a_stale_write_is_dropped", "ended as as", owner, as_role)


async def test_an_engine_that_tries_for_ever_what_fails_is_found(owner, as_role, monkeypatch) -> None:
    monkeypatch.setattr(assembling.Rows, "holds_back", lambda *_given: None)
    law = "what_failed_three_times_alike_is_left_alone_until_it_is_corrected"
    await _breaks(law, "a call was made for it: r", owner, as_role, "shopify")


async def test_an_engine_that_keeps_shared_eans_to_itself_is_found(owner, as_role, monkeypatch) -> None:
    monkeypatch.setattr(results, "_shared_ean", lambda _origin: ())
    await _breaks("products_that_share_an_ean_stay_apart_and_are_warned_of", "warned of", owner, as_role)


async def test_a_store_that_tells_its_tokens_is_found(owner, as_role, monkeypatch) -> None:
    monkeypatch.setattr(tokens._Entry, "__repr__", lambda entry: f"_Entry({entry.value})")
    await _breaks("no_secret_of_a_fetched_token_is_shown", "the courier's memory", owner, as_role, "shopify")


async def test_an_engine_that_makes_a_file_of_each_chunk_is_found(owner, as_role, monkeypatch) -> None:
    async def nothing(*_given: Any) -> list[Any]:
        return []

    monkeypatch.setattr(UploadRows, "in_line", nothing)
    await _breaks("jobs_that_wait_together_go_in_one_file", r"files of \[2\] items", owner, as_role, "amazon_sp_api")


async def test_an_engine_that_writes_an_item_for_each_chunk_is_found(owner, as_role, monkeypatch) -> None:
    real = Loader._put

    def forgetful(self: Loader, load: Any, tracks: Any) -> bool:
        self._placed.clear()
        return real(self, load, tracks)

    monkeypatch.setattr(Loader, "_put", forgetful)
    because = r"files of \[4\] records"
    await _breaks("an_item_in_two_chunks_of_a_file_is_written_once", because, owner, as_role, "amazon_sp_api")


@pytest.mark.parametrize("gated", [True, False])
async def test_an_adapter_that_knocks_on_with_a_refused_key_is_held_by_the_engine(
    gated, owner, as_role, monkeypatch
) -> None:
    if not gated:
        monkeypatch.setattr(CredentialsGate, "check", lambda *_given: None)
    async with bench_of("larkshop", owner, as_role("worker"), bugs_of_calls.knocking) as bench:
        because = r"[1-9][0-9]* calls started after the first refusal"
        with contextlib.nullcontext() if gated else pytest.raises(AssertionError, match=because):
            await LAWS["refused_credentials_pause_the_connector"](bench)


async def test_an_engine_whose_overdue_files_hold_their_items_is_found(owner, as_role, monkeypatch) -> None:
    monkeypatch.setattr(overdue, "CLOSE_REMOTE_JOBS", "SELECT $1::uuid[]")
    law = "a_file_without_a_result_is_overdue_and_in_nobodys_way"
    await _breaks(law, "waits behind a file", owner, as_role, "amazon_sp_api")


async def test_an_engine_that_tells_late_verdicts_twice_is_found(owner, as_role, monkeypatch) -> None:
    twice = statements.CLOSE_PART.replace(", item_ids = $3::uuid[]", "").replace("WHERE", "WHERE $3 IS NOT NULL AND")
    monkeypatch.setattr(statements, "CLOSE_PART", twice.replace("$3 IS", "$3::uuid[] IS"))
    law = "a_verdict_after_the_deadline_is_told_once_and_counts_nothing"
    await _breaks(law, "told twice", owner, as_role, "amazon_sp_api")


async def test_an_engine_that_believes_what_was_taken_back_is_found(owner, as_role, monkeypatch) -> None:
    monkeypatch.setattr(late_telling, "_unsure", lambda result, _told: result)
    law = "a_verdict_that_turns_after_it_was_applied_is_told"
    await _breaks(law, "taken back, and yet", owner, as_role, "amazon_sp_api")


async def test_an_engine_that_takes_what_a_slow_worker_brings_is_found(owner, as_role, monkeypatch) -> None:
    open_to_all = outcome_sql.CHUNKS.replace(
        "c.claim_token = a.token AND (c.state || '') NOT IN ('done', 'cancelled')", "true"
    )
    assert open_to_all != outcome_sql.CHUNKS
    monkeypatch.setattr(outcome_sql, "CHUNKS", open_to_all)
    await _breaks("a_result_that_two_workers_read_counts_once", "result was taken", owner, as_role, "amazon_sp_api")
