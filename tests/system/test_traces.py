"""One trace from the POST to the platform call and the fold, over separate processes, received by OTLP."""

import pytest
from system.harness import Account, simple_product
from system.otlp import OtlpReceiver, ReceivedSpan

pytestmark = pytest.mark.stack


def _chain(spans: list[ReceivedSpan], leaf: ReceivedSpan) -> list[str]:
    """`service: name` from the root to the span; fails where a parent is missing."""
    by_id = {span.span_id: span for span in spans}
    names = [f"{leaf.service}: {leaf.name}"]
    while leaf.parent_id and leaf.parent_id in by_id:
        leaf = by_id[leaf.parent_id]
        names.append(f"{leaf.service}: {leaf.name}")
    return names[::-1]


async def test_a_one_chunk_job_is_one_trace_over_three_processes(account: Account, otlp: OtlpReceiver) -> None:
    await account.catalog([simple_product(1)])
    shop = await account.shop("shopify")
    trace_id, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    account.client.headers["traceparent"] = f"00-{trace_id}-{parent}-01"
    job_id = await shop.sync("push-products")
    del account.client.headers["traceparent"]
    await account.finished(job_id)
    spans = await otlp.trace(
        trace_id, {"POST /api/v1/connectors", "publish pixee.sync.requested", "plan", "ring", "publish pixee.sync.shopify", "carry", "shopify productSet", "publish pixee.sync.progress", "fold"}
    )  # fmt: skip
    post = next(s for s in spans if s.name.startswith("POST /api"))
    assert post.parent_id == parent
    fold = next(s for s in spans if s.name.startswith("fold"))
    call = next(s for s in spans if s.name.startswith("shopify productSet"))
    ids = {span.span_id for span in spans} | {parent}
    orphans = [f"{s.service}: {s.name}" for s in spans if s.parent_id not in ids]
    assert orphans == []
    assert _chain(spans, call)[0].startswith("gateway: POST /api/v1/connectors")
    assert [n.split(": ")[0] for n in _chain(spans, call)].count("sync-orchestrator") >= 1
    way = [name.split(": ", 1)[1].split(" ")[0] for name in _chain(spans, fold)]
    assert way[0] == "POST"
    assert way[-3:] == ["carry", "publish", "fold"], _chain(spans, fold)
    assert {s.service for s in spans} >= {"gateway", "sync-orchestrator", "platform-workers"}


async def test_a_larger_job_starts_one_linked_trace_for_each_chunk(account: Account, otlp: OtlpReceiver) -> None:
    await account.catalog(simple_product(n) for n in range(250))
    shop = await account.shop("woocommerce")
    trace_id = "5bf92f3577b34da6a3ce929d0e0e4737"
    account.client.headers["traceparent"] = f"00-{trace_id}-00f067aa0ba902b7-01"
    job_id = await shop.sync("push-products")
    del account.client.headers["traceparent"]
    await account.finished(job_id)
    await otlp.trace(trace_id, {"plan"})
    linked = {s.trace_id for s in otlp.spans if trace_id in s.links}
    assert len(linked) == 3
