"""Messages that other teams have written or read stay readable: one golden sample for each public event and version, never edited.

A new optional field gets a new sample beside the old ones. A sample that no longer reads is a broken promise, not a stale file.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from pixee_common.events import CatalogChanged, Event, JobChanged, ListingGone, RouteRung, SyncProgress, SyncRequested
from pixee_common.messaging.topics import topics

GOLDEN = Path(__file__).parent / "golden"
MODELS: dict[str, type[Event]] = {
    model.TYPE: model for model in (CatalogChanged, JobChanged, ListingGone, RouteRung, SyncProgress, SyncRequested)
}
SAMPLES = sorted(GOLDEN.glob("*.json"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_golden_sample_still_reads_with_the_values_it_had(path: Path) -> None:
    sample = json.loads(path.read_text(encoding="utf-8"))
    event = MODELS[sample["type"]].model_validate_json(json.dumps(sample["data"]))
    read = json.loads(event.model_dump_json(exclude_none=True))
    for name, value in sample["data"].items():
        assert read[name] == value, name
    assert event.partition_key() == sample["key"]


def test_every_public_event_has_a_sample() -> None:
    sampled = {json.loads(path.read_text(encoding="utf-8"))["type"] for path in SAMPLES}
    assert sampled == set(MODELS)
    assert {topic.event.TYPE for topic in topics()} - sampled == {"com.pixee.sync.dead-lettered.v1"}


def test_a_reader_ignores_what_a_newer_writer_adds_and_the_catalog_refuses_a_misspelt_change() -> None:
    known = SyncRequested(
        job_id=UUID(int=1), account_id=UUID(int=2), connector_id=UUID(int=3), platform="shopify",
        operation="push_stock", requested_at=datetime(2026, 11, 24, tzinfo=UTC),
    )  # fmt: skip
    newer = json.loads(known.body()) | {"added_later": True}
    assert SyncRequested.model_validate_json(json.dumps(newer)) == known
    change = {"action": "stock", "sku": "A", "levels": [{"quantity": 1}], "quantitty": 2}
    event = {
        "account_id": str(UUID(int=1)),
        "source": "s",
        "sequence": 1,
        "occurred_at": "2026-11-24T00:00:00Z",
        "change": change,
    }
    with pytest.raises(ValueError, match="quantitty"):
        CatalogChanged.model_validate_json(json.dumps(event))
