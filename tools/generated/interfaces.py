"""The two contracts with the outside: OpenAPI (REST clients) and AsyncAPI (other teams on Kafka)."""

import json

from pixee_common.crypto import KeyRing, generate_key
from pixee_common.db import Database
from pixee_common.egress import EgressPolicy
from pixee_common.messaging.topics import CATALOG_CHANGED, JOBS, LISTINGS, PROGRESS, Topic, topics
from pixee_gateway.app import create_app, openapi
from pixee_gateway.notices import Notices
from pixee_gateway.security.authentication import Authenticator
from tools.generated.catalog_contract import catalog_changed_message
from tools.generated.catalogue import manifests

PUBLIC = {CATALOG_CHANGED: "Written by other services and read by Pixee; Pixee announces pulled changes here.", PROGRESS: "Read by dashboards.", JOBS: "Read by other services.", LISTINGS: "Read by other services and dashboards."}  # fmt: skip


def openapi_json() -> str:
    """docs/openapi.json."""
    database = Database("postgresql://nobody@127.0.0.1/none", name="none")
    app = create_app(
        database,
        {manifest.slug: manifest for manifest in manifests()},
        KeyRing.parse(f"none:{generate_key()}"),
        EgressPolicy(),
        authenticator=Authenticator(database),
        probe_answers=Notices(),
        job_changes=Notices(),
    )
    return json.dumps(openapi(app), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def asyncapi_json() -> str:
    """docs/asyncapi.json: AsyncAPI 3.0 of the topics that other teams may use."""
    public = [topic for topic in topics() if topic.name in PUBLIC]
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Pixee Connectors events",
            "version": "1.0.0",
            "description": "CloudEvents 1.0, binary mode, JSON. Readers ignore fields that they do not know; only optional fields are ever added.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in public},
        "operations": {
            f"{'receive' if topic.name == CATALOG_CHANGED else 'send'}.{topic.name}": {
                "action": "receive" if topic.name == CATALOG_CHANGED else "send",
                "channel": {"$ref": f"#/channels/{topic.name}"},
            }
            for topic in public
        },
        "components": {"messages": {topic.event.__name__: _message(topic) for topic in public}},
    }
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _channel(topic: Topic) -> dict[str, object]:
    return {
        "address": topic.name,
        "description": f"{topic.meaning} {PUBLIC[topic.name]} Key: {topic.key}.",
        "messages": {topic.event.__name__: {"$ref": f"#/components/messages/{topic.event.__name__}"}},
        "bindings": {"kafka": {"partitions": topic.partitions[1]}},
    }


def _message(topic: Topic) -> dict[str, object]:
    return {
        **(catalog_changed_message() if topic.name == CATALOG_CHANGED else {}),
        "name": topic.event.TYPE,
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type"],
            "properties": {
                "ce_specversion": {"const": "1.0"},
                "ce_type": {"const": topic.event.TYPE},
                "ce_id": {"type": "string"},
                "ce_source": {"type": "string"},
                "ce_time": {"type": "string", "format": "date-time"},
                "content-type": {"const": "application/json"},
                "traceparent": {"type": "string"},
            },
        },
        "payload": topic.event.model_json_schema(
            ref_template="#/components/messages/" + topic.event.__name__ + "/payload/$defs/{model}"
        ),
    }
