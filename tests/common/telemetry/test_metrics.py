"""Metrics are declared once; the endpoint and the table show what is declared."""

from collections.abc import AsyncIterator
from typing import get_args

import pytest

from pixee_common.telemetry import (
    METRICS,
    MetricName,
    metrics_table,
    metrics_text,
    record,
    setup_metrics,
    shutdown_metrics,
)


@pytest.fixture
async def _counting() -> AsyncIterator[None]:
    setup_metrics("gateway")
    yield
    await shutdown_metrics()


@pytest.mark.usefixtures("_counting")
async def test_counters_gauges_and_histograms_appear_as_prometheus_text() -> None:
    record("pixee_items_total", 3, platform="shopify", operation="push_stock", outcome="applied")
    record("pixee_items_total", 2, platform="shopify", operation="push_stock", outcome="applied")
    record("pixee_outbox_rows", 7)
    record("pixee_outbox_rows", 4)
    record("pixee_platform_calls_seconds", 0.3, platform="shopify", call="productSet", status="200")
    record("pixee_platform_calls_seconds", 20000, platform="shopify", call="productSet", status="200")
    text = metrics_text()
    assert "# TYPE pixee_items_total counter\n" in text
    assert 'pixee_items_total{operation="push_stock",outcome="applied",platform="shopify"} 5\n' in text
    assert "# TYPE pixee_outbox_rows gauge\npixee_outbox_rows 4\n" in text
    labels = 'call="productSet",platform="shopify",status="200"'
    assert f'pixee_platform_calls_seconds_bucket{{{labels},le="0.25"}} 0\n' in text
    assert f'pixee_platform_calls_seconds_bucket{{{labels},le="0.5"}} 1\n' in text
    assert f'pixee_platform_calls_seconds_bucket{{{labels},le="+Inf"}} 2\n' in text
    assert f"pixee_platform_calls_seconds_count{{{labels}}} 2\n" in text
    assert f"pixee_platform_calls_seconds_sum{{{labels}}} 20000.3\n" in text
    assert text.endswith("\n")


@pytest.mark.usefixtures("_counting")
async def test_labels_are_escaped_and_undeclared_ones_refused() -> None:
    record("pixee_dead_letters_total", topic='a"b\\c\nd', reason="x")
    assert 'topic="a\\"b\\\\c\\nd"' in metrics_text()
    with pytest.raises(ValueError, match="labels"):
        record("pixee_outbox_rows", 1, account="a1")


async def test_before_setup_nothing_is_counted() -> None:
    record("pixee_outbox_rows", 1)
    assert metrics_text() == ""


@pytest.mark.usefixtures("_counting")
async def test_an_endpoint_without_values_is_empty() -> None:
    assert metrics_text() == ""


def test_every_metric_stands_in_the_table_once_and_follows_the_naming() -> None:
    table = metrics_table()
    for metric in METRICS:
        assert table.count(f"| `{metric.name}` |") == 1
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert metric.name.endswith("_seconds") == (metric.unit == "s")
        assert metric.meaning.endswith(".")
    assert [metric.name for metric in METRICS] == list(get_args(MetricName))
