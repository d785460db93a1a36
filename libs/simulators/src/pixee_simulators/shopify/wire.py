"""How records become answers: the small resolvers that all types share."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLResolveInfo

from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.gids import gid

Info = GraphQLResolveInfo[Any]
Resolver = Callable[..., Any]
Fields = dict[str, Resolver]


def context_of(info: Info) -> Context:
    context: Context = info.context
    return context


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def attribute(name: str) -> Resolver:
    return lambda record, _info: getattr(record, name)


def at(name: str) -> Resolver:
    return lambda record, _info: moment(getattr(record, name))


def identity(kind: str) -> Fields:
    return {
        "id": lambda record, _info: gid(kind, record.id),
        "legacyResourceId": lambda record, _info: str(record.id),
    }


def counted(number: int) -> dict[str, Any]:
    return {"count": number, "precision": "EXACT"}
