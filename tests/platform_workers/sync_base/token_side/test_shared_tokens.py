"""One token for all workers: fetched once, replaced once, kept before it is used."""

import asyncio

import asyncpg
import pytest

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_workers.sync_base.calls import Token
from pixee_workers.sync_base.token_asking import Asking

pytestmark = pytest.mark.stack


async def test_eight_workers_that_need_a_token_at_once_make_one_call(stand):
    workers = [stand.worker() for _ in range(8)]
    tokens = await asyncio.gather(*(worker.token() for worker in workers for _ in range(3)))
    assert set(tokens) == {"access-token-number-1"}
    assert stand.issuer.calls == 1


async def test_a_slow_fetch_keeps_its_lease_and_stays_the_only_one(stand):
    stand.issuer.takes = 1.2
    workers = [stand.worker(lease_seconds=0.4) for _ in range(4)]
    assert len(set(await asyncio.gather(*(worker.token() for worker in workers)))) == 1
    assert stand.issuer.calls == 1


async def test_a_holder_that_dies_with_the_lease_is_followed_by_one_other(stand):
    dying = stand.worker(lease_seconds=0.5)
    stand.issuer.takes = 60.0
    fetching = asyncio.ensure_future(dying.store._shared.get(_asking(dying)))
    while stand.issuer.calls == 0:
        await asyncio.sleep(0.01)
    await _kill(fetching, stand)
    stand.issuer.takes = 0.05
    others = [stand.worker(lease_seconds=0.5) for _ in range(4)]
    begun = asyncio.get_running_loop().time()
    assert set(await asyncio.gather(*(worker.token() for worker in others))) == {"access-token-number-2"}
    assert stand.issuer.calls == 2
    assert asyncio.get_running_loop().time() - begun < 5


def _asking(worker):
    return Asking(worker.rows.connector, worker.version, worker.fetch, worker.adopt)


async def _kill(fetching, stand):
    """As kill -9 leaves it: the lease stands in the row for the rest of its time."""
    left = await stand.row()
    fetching.cancel()
    await asyncio.gather(fetching, return_exceptions=True)
    await stand.rows.run(
        "UPDATE access_tokens SET leased_by = $2, leased_until = now() + interval '500 milliseconds', leased_for = 1"
        " WHERE connector_id = $1",
        stand.rows.connector,
        left["leased_by"],
    )


async def test_who_waits_too_long_is_told_to_come_again_and_makes_no_call(stand):
    stand.issuer.takes = 2.0
    first, second = stand.worker(), stand.worker(wait_seconds=0.3)
    fetching = asyncio.ensure_future(first.token())
    while stand.issuer.calls == 0:
        await asyncio.sleep(0.01)
    with pytest.raises(PlatformFault) as caught:
        await second.token()
    assert caught.value.kind is FaultKind.UNAVAILABLE
    assert await fetching == "access-token-number-1"
    assert stand.issuer.calls == 1


async def test_a_token_refused_to_all_workers_is_fetched_anew_once(stand):
    workers = [stand.worker() for _ in range(8)]
    old = set(await asyncio.gather(*(worker.token() for worker in workers))).pop()
    for worker in workers:
        worker.store.invalidate(stand.rows.connector, old)
    assert set(await asyncio.gather(*(worker.token() for worker in workers))) == {"access-token-number-2"}
    workers[0].store.invalidate(stand.rows.connector, old)
    assert await workers[0].token() == "access-token-number-2"
    assert stand.issuer.calls == 2


async def test_a_token_that_is_nearly_over_is_replaced_by_one_worker_before_it_expires(stand):
    workers = [stand.worker() for _ in range(4)]
    await asyncio.gather(*(worker.token() for worker in workers))
    stand.clock.offset += 3600 - 61
    assert await workers[0].token() == "access-token-number-1"
    stand.clock.offset += 2
    assert set(await asyncio.gather(*(worker.token() for worker in workers))) == {"access-token-number-2"}
    assert stand.issuer.calls == 2


async def test_a_failed_fetch_is_not_repeated_by_all_the_others_at_once(stand):
    stand.issuer.fails = PlatformFault(FaultKind.UNAVAILABLE, "connector", "unavailable", "away")
    workers = [stand.worker() for _ in range(8)]
    results = await asyncio.gather(*(worker.token() for worker in workers), return_exceptions=True)
    assert all(isinstance(result, PlatformFault) for result in results)
    assert stand.issuer.calls == 1
    stand.issuer.fails = None
    await asyncio.sleep(1.1)
    assert await workers[3].token() == "access-token-number-2"


async def test_new_credentials_are_tried_at_once_after_old_ones_were_refused(stand):
    stand.issuer.rotating = True
    stand.issuer.current = "another"
    worker = stand.worker()
    with pytest.raises(PlatformFault):
        await worker.token()
    await stand.enter("another")
    fresh = stand.worker()
    fresh.version = 2
    assert await fresh.token() == "access-token-number-2"


async def test_new_credentials_make_the_shared_token_worthless(stand):
    assert await stand.worker().token() == "access-token-number-1"
    await stand.enter("entered-by-hand")
    fresh = stand.worker()
    fresh.version = 2
    assert await fresh.token() == "access-token-number-2"
    assert stand.issuer.used[-1] == "entered-by-hand"


async def test_racing_workers_with_old_credentials_never_lose_the_newest_refresh_token(stand):
    stand.issuer.rotating = True
    for turn in range(1, 6):
        # Their contexts were made before any rotation: they still hold the first refresh token.
        workers = [stand.worker() for _ in range(2)]
        tokens = await asyncio.gather(*(worker.token() for worker in workers))
        assert set(tokens) == {f"access-token-number-{turn}"}
        assert await stand.kept() == (turn + 1, f"refresh-token-number-{turn}")
        stand.clock.offset += 3600
    assert stand.issuer.used == [f"refresh-token-number-{n}" for n in range(5)]


async def test_new_credentials_by_the_merchant_win_over_a_rotation_that_was_under_way(stand):
    stand.issuer.rotating = True
    stand.issuer.takes = 0.3
    worker = stand.worker()
    fetching = asyncio.ensure_future(worker.token())
    while stand.issuer.calls == 0:
        await asyncio.sleep(0.01)
    await stand.enter("entered-by-hand")
    assert await fetching == "access-token-number-1"
    assert await stand.kept() == (2, "entered-by-hand")
    stand.issuer.current = "entered-by-hand"
    fresh = stand.worker()
    fresh.version = 2
    assert await fresh.token() == "access-token-number-2"
    assert await stand.kept() == (3, "refresh-token-number-2")


async def test_a_worker_that_lost_its_lease_asleep_gives_way_to_what_was_written_meanwhile(stand):
    stand.issuer.takes = 0.6
    sleeper, other = stand.worker(), stand.worker()
    fetching = asyncio.ensure_future(sleeper.token())
    while stand.issuer.calls == 0:
        await asyncio.sleep(0.01)
    await stand.rows.run(
        "UPDATE access_tokens SET leased_until = now() - interval '1 second' WHERE connector_id = $1",
        stand.rows.connector,
    )
    stand.issuer.takes = 0.05
    assert await other.token() == "access-token-number-2"
    assert await fetching == "access-token-number-2"


async def test_a_worker_that_lost_its_lease_to_one_that_failed_still_keeps_what_it_got(stand):
    stand.issuer.rotating = True
    stand.issuer.takes = 0.6
    sleeper = stand.worker()
    fetching = asyncio.ensure_future(sleeper.token())
    while stand.issuer.calls == 0:
        await asyncio.sleep(0.01)
    await stand.rows.run(
        "UPDATE access_tokens SET leased_by = gen_random_uuid(), leased_until = now() + interval '1 second'"
        " WHERE connector_id = $1",
        stand.rows.connector,
    )
    assert await fetching == "access-token-number-1"
    assert await stand.kept() == (2, "refresh-token-number-1")
    assert (await stand.row())["version"] == 1


async def test_a_caller_that_gives_up_does_not_lose_the_refresh_token(stand):
    stand.issuer.rotating = True
    stand.issuer.takes = 0.3
    worker = stand.worker()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.15):
            await worker.token()
    await worker.store.close()
    assert await stand.kept() == (2, "refresh-token-number-1")
    assert await stand.worker().token() == "access-token-number-1"


async def test_neither_token_stands_in_clear_anywhere_in_the_database(stand):
    stand.issuer.rotating = True
    value = await stand.worker().token()
    texts = await stand.rows.run(
        "SELECT t::text AS text FROM access_tokens t UNION ALL SELECT k::text FROM credentials k"
    )
    for row in texts:
        assert value.encode().hex() not in row["text"]
        assert value not in row["text"]
        assert stand.issuer.current not in row["text"]


async def test_the_other_roles_cannot_read_a_token(stand, as_role):
    await stand.worker().token()
    for role in ("gateway", "orchestrator"):
        async with as_role(role).connection() as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch("SELECT ciphertext FROM access_tokens")


async def test_a_token_that_cannot_be_opened_is_fetched_anew(stand):
    await stand.worker().token()
    await stand.rows.run("UPDATE access_tokens SET key_id = 'lost' WHERE connector_id = $1", stand.rows.connector)
    assert await stand.worker().token() == "access-token-number-2"


async def test_for_a_deleted_connector_nothing_is_written(stand):
    await stand.rows.run("UPDATE connectors SET deleted_at = now() WHERE id = $1", stand.rows.connector)
    assert await stand.worker().token() == "access-token-number-1"
    assert await stand.rows.run("SELECT FROM access_tokens WHERE connector_id = $1", stand.rows.connector) == []


async def test_no_token_stands_in_a_repr(stand):
    worker = stand.worker()
    worker.store.invalidate(stand.rows.connector, await worker.token())
    await worker.token()
    asking = Asking(stand.rows.connector, 1, worker.fetch, worker.adopt, refused="access-token-number-1")
    fetched = Token("access-token-number-9", 1.0, {"refresh_token": "refresh-token-number-9"})
    assert "token-number" not in repr([vars(worker.store), vars(worker.store._shared), asking, fetched])
