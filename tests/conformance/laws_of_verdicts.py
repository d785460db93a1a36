"""What was taken is not yet written: it stays open until the platform has said what became of it, and not for ever."""

from typing import Any

from conformance.bench import PRODUCTS, Bench
from conformance.filing import counted, look_at_late_calls, told_late
from conformance.law import Exempt, law
from conformance.planting import Planted

from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import Finality
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.outcomes import PollResult

_A_DAY = 86_400.0


def _must_wait(bench: Bench) -> None:
    if bench.manifest.capabilities[PRODUCTS].finality is not Finality.VERDICT_LATER:
        raise Exempt("the manifest claims no verdicts on products that come later")


@law(PRODUCTS)
async def what_was_accepted_is_open_until_its_verdict(bench: Bench) -> None:
    """The shop takes three and refuses one of them afterwards: nothing is counted before, then that one fails with a message.

    If it fails: "taken" is `accepted`, with a remote job; only the platform's last word is `applied`.
    """
    _must_wait(bench)
    doubt = bench.profile.second_thoughts
    assert doubt is not None, (
        "a profile of a platform with later verdicts says how its shop refuses late (`second_thoughts`)"
    )
    bench.simulator.put_limits(bench.profile.host, dict(doubt("L1")))
    products, _ = await bench.products(3)
    job = await bench.jobs.plan(PRODUCTS, products)
    result = await bench.turn(job)
    assert result is not None
    assert result.letters == "www", f"no verdict yet, and yet {result.letters} {result.issues}"
    bench.restart()
    result = await bench.finish(job)
    assert result.letters == "ara", f"the second was refused, and yet {result.letters}"
    assert await bench.messages(job, products[1]), "no message for the merchant"


@law(PRODUCTS)
async def a_verdict_that_never_comes_is_overdue(bench: Bench) -> None:
    """The platform never says a word: open until the operation's deadline, then failed as overdue, without another write.

    If it fails: a remote job's `deadline_seconds` are no more than the capability's `verdict_deadline_seconds`.
    """
    _must_wait(bench)
    deadline = bench.manifest.capabilities[PRODUCTS].verdict_deadline_seconds
    assert deadline is not None, "the manifest says verdict_later and no verdict_deadline_seconds"
    bench.restart(_silent)
    products, _ = await bench.products(2)
    job = await bench.jobs.plan(PRODUCTS, products)
    for moment in (0.0, deadline / 2):
        bench.clock.leap(moment)
        result = await bench.turn(job)
        assert result is not None
        assert result.letters == "ww", f"after {moment:.0f} s of silence: {result.letters} {result.issues}"
    writes = len(bench.log("write"))
    bench.clock.leap(deadline / 2 + 60)
    result = await bench.turn(job)
    assert result is not None
    assert result.letters == "rr", f"past its deadline, and yet {result.letters}"
    assert {issue.reason for issue in result.issues} == {ReasonCode.VERDICT_OVERDUE}, str(result.issues)
    assert len(bench.log("write")) == writes, "written again"


@law(PRODUCTS)
async def a_verdict_on_a_call_after_its_deadline_is_told_once_and_counts_nothing(bench: Bench) -> None:
    """Three calls are overdue; then another process hears that the shop refused one and has done two. Each word is told once, the job
    counts what it counted, and the next push knows what the shop has.

    If it fails: the remote job's correlation is all that `poll` needs, and it answers after the deadline as it does before.
    """
    _must_wait(bench)
    deadline, doubt = bench.manifest.capabilities[PRODUCTS].verdict_deadline_seconds, bench.profile.second_thoughts
    assert deadline is not None
    assert doubt is not None
    bench.restart(_silent)
    bench.simulator.put_limits(bench.profile.host, dict(doubt("L1")))
    products, _ = await bench.products(3)
    job = await bench.jobs.plan(PRODUCTS, products)
    await bench.turn(job)
    bench.clock.leap(deadline + 60)
    result = await bench.turn(job)
    assert result is not None
    assert result.letters == "rrr", f"past its deadline, and yet {result.letters}"
    before = await counted(bench, [job])
    bench.restart()
    await look_at_late_calls(bench)
    said = dict(zip(products, ("applied", "rejected", "applied"), strict=True))
    told = {item: [("rejected", outcome)] for item, outcome in said.items()}
    assert await told_late(bench, job) == told, f"told: {await told_late(bench, job)}"
    bench.clock.leap(_A_DAY)
    await look_at_late_calls(bench)
    assert await told_late(bench, job) == told, "told twice"
    assert await counted(bench, [job]) == before, "a finished job's counts have moved"
    again = await bench.push(PRODUCTS, [products[0], products[2]])
    assert again.letters == "ss", f"the shop has them, and yet {again.letters}"


def _silent(real: Adapter) -> Adapter:
    """Nothing is heard of what was taken."""

    async def poll(*_given: Any) -> PollResult:
        return PollResult(outcomes=(), done=False, poll_in_seconds=60.0)

    return Planted(real, poll=poll)
