"""OpenTelemetry's metrics as Prometheus text: the SDK has the values, the official bridge would be one more dependency."""

from collections.abc import Iterable, Iterator, Mapping

from opentelemetry.sdk.metrics.export import (
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    Sum,
)

__all__ = ["render"]


def render(data: MetricsData | None) -> str:
    """Return text format version 0.0.4."""
    if data is None:
        return ""
    lines = [
        line
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for line in _metric(metric)
    ]
    return "\n".join([*lines, ""]) if lines else ""


def _metric(metric: Metric) -> Iterator[str]:
    points = list(metric.data.data_points)
    if any(isinstance(point, HistogramDataPoint) for point in points):
        kind = "histogram"
    else:
        kind = "counter" if isinstance(metric.data, Sum) and metric.data.is_monotonic else "gauge"
    yield f"# HELP {metric.name} {_escape(metric.description or '', quotes=False)}"
    yield f"# TYPE {metric.name} {kind}"
    for point in points:
        if isinstance(point, HistogramDataPoint):
            yield from _histogram(metric.name, point)
        elif isinstance(point, NumberDataPoint):
            yield f"{metric.name}{_labels(point.attributes)} {_number(point.value)}"


def _histogram(name: str, point: HistogramDataPoint) -> Iterator[str]:
    total = 0
    for bound, count in zip((*point.explicit_bounds, float("inf")), point.bucket_counts, strict=True):
        total += count
        yield f"{name}_bucket{_labels(point.attributes, [('le', _number(bound))])} {total}"
    yield f"{name}_sum{_labels(point.attributes)} {_number(point.sum)}"
    yield f"{name}_count{_labels(point.attributes)} {point.count}"


def _labels(attributes: Mapping[str, object] | None, more: Iterable[tuple[str, str]] = ()) -> str:
    pairs = [*sorted((attributes or {}).items()), *more]
    return "{" + ",".join(f'{name}="{_escape(str(value))}"' for name, value in pairs) + "}" if pairs else ""


def _escape(text: str, *, quotes: bool = True) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quotes else text


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if float(value).is_integer() else repr(float(value))
