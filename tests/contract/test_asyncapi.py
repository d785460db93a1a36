"""The AsyncAPI document holds what a producer needs, and its examples are messages that are read."""

import json
from pathlib import Path

import jsonschema
import pytest

from pixee_common.events import CatalogChanged

DOCUMENT = json.loads((Path(__file__).parents[2] / "docs" / "asyncapi.json").read_text(encoding="utf-8"))
MESSAGE = DOCUMENT["components"]["messages"]["CatalogChanged"]


def test_every_kind_of_change_has_an_example() -> None:
    assert {one["payload"]["change"]["action"] for one in MESSAGE["examples"]} == {"upsert", "delete", "stock", "price"}


@pytest.mark.parametrize("example", MESSAGE["examples"], ids=lambda one: one["name"])
def test_an_example_fits_the_schema_and_is_read(example) -> None:
    resolved = {"components": DOCUMENT["components"], **MESSAGE["payload"]}
    jsonschema.Draft202012Validator(resolved).validate(example["payload"])
    jsonschema.Draft202012Validator(MESSAGE["headers"]).validate(example["headers"])
    event = CatalogChanged.model_validate_json(json.dumps(example["payload"]))
    assert example["summary"] == f"Key {event.partition_key()}"
