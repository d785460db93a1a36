"""Secrets stay secret, and requests leave only to where they may go."""

from collections.abc import Mapping
from typing import Any

from conformance.bench import PRODUCTS, Bench
from conformance.law import Exempt, law
from conformance.profile import Fetching
from conformance.witnesses import signpost, tracing

from pixee_common.domain.job import OPEN_LETTERS
from pixee_common.domain.reasons import ReasonCode


@law(PRODUCTS)
async def no_secret_is_shown(bench: Bench) -> None:
    """Not in any log line down to debug, span, outcome, issue, event, dead letter, connector row or repr, whatever went wrong.

    If it fails: messages name what to mend, never a value; the platform's own text is quoted without credentials.
    """
    fetching, credentials = bench.profile.fetching, bench.profile.credentials
    fetched = isinstance(fetching, Fetching) and fetching.credentials == credentials
    outlives = fetching.lives if isinstance(fetching, Fetching) and fetched else 0.0
    await _nothing_shown(bench, credentials, bench.profile.wrong, outlives=outlives)


@law(PRODUCTS)
async def no_secret_of_a_fetched_token_is_shown(bench: Bench) -> None:
    """Neither the token nor what it was fetched with.

    If it fails: as above; and a token must come through `context.token`, which makes it known to the redaction.
    """
    fetching = bench.profile.fetching
    if isinstance(fetching, str):
        raise Exempt(fetching)
    await bench.set_credentials(fetching.credentials)
    wrong = {name: f"{value}0" for name, value in fetching.credentials.items()}
    await _nothing_shown(bench, fetching.credentials, wrong, outlives=fetching.lives)


async def _nothing_shown(
    bench: Bench, credentials: Mapping[str, str], wrong: Mapping[str, Any], outlives: float = 0.0
) -> None:
    """`wrong`: what the shop takes in their place at last, when every token is over (`outlives` seconds)."""
    async with tracing() as spans:
        memory = await _bad_days(bench, wrong, outlives)
    assert await bench.status() == "error", "wrong credentials went through"
    told = [span.to_json() for span in spans.get_finished_spans()]
    assert any("http.response.status_code" in span for span in told), "no call was traced"
    shown = {
        "results": repr(bench.results),
        "the courier's memory": memory,
        "logs": "\n".join(bench.heard.lines),
        "traces": "\n".join(told),
    }
    account = bench.rows.account
    for table in ("item_issues", "listings", "listing_operations", "dead_letters", "connectors"):
        shown[table] = repr(await bench.rows.run(f"SELECT t::text FROM {table} t WHERE account_id = $1", account))
    shown["events"] = repr([bytes(row["payload"]) for row in await bench.rows.run("SELECT payload FROM outbox")])
    shown["dead letters"] = repr(
        [bytes(row["payload"]) for row in await bench.rows.run("SELECT payload FROM dead_letters")]
    )
    secrets = [value for name, value in credentials.items() if name != "client_id"]
    assert bench.sender.credentials, "no request carried credentials"
    for secret in {*secrets, *bench.sender.credentials}:
        places = [place for place, text in shown.items() if secret in text]
        assert not places, f"a secret stands in: {', '.join(places)}"


async def _bad_days(bench: Bench, wrong: Mapping[str, Any], outlives: float) -> str:
    """Returns what the courier holds in its hands in the midst of them, as a debugger or a log line would show it."""
    products, _ = await bench.products(2)
    await bench.push(PRODUCTS, products)
    for number, (kind, rule) in enumerate(_BAD_DAYS):
        await bench.rows.set_title(products[0], f"Changed {number}")
        bench.fault(kind, match={}, times=3, **rule)
        await bench.carry(PRODUCTS, products)
        bench.simulator.faults.clear()
        await bench.activate()
    await bench.push(PRODUCTS, products)
    memory = repr([vars(bench.courier.connectors), vars(bench.courier.wiring.tokens)])
    bench.settings(**wrong)
    bench.simulator.clock.change(advance=outlives)
    await bench.rows.set_title(products[0], "Changed at last")
    await bench.carry(PRODUCTS, products)
    return memory


_BAD_DAYS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("status", {"status": 400, "body": "html"}),
    ("status", {"status": 404, "body": "json"}),
    ("status", {"status": 200, "body": "html"}),
    ("truncated_body", {}),
    ("reset_before", {}),
)


@law(PRODUCTS)
async def a_host_outside_the_manifest_gets_no_byte(bench: Bench) -> None:
    """The address is refused before anything is sent, and the merchant is told why.

    If it fails: the manifest's host pattern is too wide, or a call goes around the context.
    """
    products, _ = await bench.products(1)
    for name, value in bench.profile.elsewhere.items():
        await bench.set_setting(name, value)
    result = await bench.carry(PRODUCTS, products)
    reasons = {issue.reason for issue in result.issues} | ({result.wait.reason} if result.wait else set())
    assert ReasonCode.EGRESS_REFUSED in reasons, f"not refused: {result.letters} {reasons}"
    assert bench.log() == [], "the shop was called"


@law(PRODUCTS)
async def a_redirect_is_not_followed(bench: Bench) -> None:
    """A shop that answers every call with the way to another place: nobody goes there, nothing is believed, and when the shop is
    itself again everything arrives.

    If it fails: calls go through the context only, which follows nothing; `classify` must answer a fault for 3xx.
    """
    products, _ = await bench.products(2)
    await bench.push(PRODUCTS, products[:1])
    await bench.rows.set_title(products[0], "Changed")
    job = await bench.jobs.plan(PRODUCTS, products)
    async with signpost() as post, bench.detour(post.url):
        result = await bench.turn(job)
    assert post.sent_away, "the shop was not called"
    assert not post.strayed, f"followed: {post.strayed}"
    assert result is not None
    assert set(result.letters) <= OPEN_LETTERS, f"believed: {result.letters} {result.issues}"
    await bench.activate()
    bench.clock.leap(600)
    assert (await bench.finish(job)).letters == "aa"
    found = await bench.read()
    assert {sku: seen.title for sku, seen in found.items()} == {"L0": "Changed", "L1": "Law 1"}, f"the shop has {found}"
