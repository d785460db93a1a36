"""Times as SP-API writes and reads them: ISO 8601 in UTC."""

from datetime import UTC, datetime

from pixee_simulators.amazon_sp_api.errors import invalid_input


def moment(seconds: float) -> str:
    """`2026-11-22T00:00:00.000Z`: milliseconds, rounded down."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(name: str, text: str | None) -> float | None:
    """A query parameter as seconds since the epoch. Raises Refusal (400) when it is no date and time with a zone."""
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise invalid_input(f"Invalid '{name}' provided.") from None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
