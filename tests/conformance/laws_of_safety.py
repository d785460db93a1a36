"""Secrets stay secret, and requests leave only to where they may go."""

from typing import Any

from conformance.bench import PRODUCTS, Bench
from conformance.law import law

from pixee_common.domain.reasons import ReasonCode


@law(PRODUCTS)
async def no_secret_is_shown(bench: Bench) -> None:
    """Not in any log line down to debug, outcome, issue, event, dead letter, connector row or repr, whatever went wrong.

    If it fails: messages name what to mend, never a value; the platform's own text is quoted without credentials.
    """
    products, _ = await bench.products(2)
    await bench.push(PRODUCTS, products)
    for number, (kind, rule) in enumerate(_BAD_DAYS):
        await bench.rows.set_title(products[0], f"Changed {number}")
        bench.fault(kind, match={}, times=3, **rule)
        await bench.carry(PRODUCTS, products)
        bench.simulator.faults.clear()
        await bench.activate()
    bench.settings(**bench.profile.wrong)
    await bench.rows.set_title(products[0], "Changed at last")
    await bench.carry(PRODUCTS, products)
    shown = {
        "results": repr(bench.results),
        "the courier's memory": repr(vars(bench.courier.connectors)),
        "logs": "\n".join(bench.heard.lines),
    }
    account = bench.rows.account
    for table in ("item_issues", "listings", "listing_operations", "dead_letters", "connectors"):
        shown[table] = repr(await bench.rows.run(f"SELECT t::text FROM {table} t WHERE account_id = $1", account))
    shown["events"] = repr([bytes(row["payload"]) for row in await bench.rows.run("SELECT payload FROM outbox")])
    shown["dead letters"] = repr(
        [bytes(row["payload"]) for row in await bench.rows.run("SELECT payload FROM dead_letters")]
    )
    assert bench.sender.credentials, "no request carried credentials"
    for secret in {*bench.profile.credentials.values(), *bench.sender.credentials}:
        places = [place for place, text in shown.items() if secret in text]
        assert not places, f"a secret stands in: {', '.join(places)}"


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
