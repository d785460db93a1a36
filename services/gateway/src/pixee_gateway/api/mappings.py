"""The routes for what a shop demands and what the merchant maps to it, for every connectors' router."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from pixee_common.domain.mapping import ConnectorMapping
from pixee_gateway.api.responses import NOT_FOUND, SHOP_REFUSED
from pixee_gateway.problems import Pointer, invalid
from pixee_gateway.schemas.mappings import (
    MappingDetail,
    MappingSuggestion,
    MappingToPut,
    MissingMapping,
    RequirementsAnswer,
)
from pixee_gateway.state import CallerOf, Cases
from pixee_gateway.usecases.mappings import KnownMapping

_DIGITS = 19
"""Of a version at most: a longer number is none of ours, and Python refuses to read a very long one."""


def add_mappings(router: APIRouter, name: str, only: str | None) -> None:
    """Adds them; `name` begins the operation ids, `only` is the one platform."""
    _add_requirements(router, name, only)
    _add_mapping(router, name, only)


def _add_requirements(router: APIRouter, name: str, only: str | None) -> None:
    @router.get(
        "/{connector_id}/requirements",
        operation_id=f"{name}get_requirements",
        summary="What the shop demands and offers",
        responses=NOT_FOUND | SHOP_REFUSED,
    )
    async def get_requirements(
        connector_id: UUID,
        cases: Cases,
        caller: CallerOf,
        refresh: Annotated[bool, Query(description="Ask the shop anew; at most once a minute.")] = False,
    ) -> RequirementsAnswer:
        """As the shop told it last, with its age; the shop is asked where it never was, which takes up to 20 seconds."""
        known = await cases.read_requirements(caller, connector_id, only, refresh=refresh)
        return RequirementsAnswer(
            requirements=known.requirements, fetched_at=known.fetched_at, age_seconds=known.age_seconds
        )


def _add_mapping(router: APIRouter, name: str, only: str | None) -> None:
    @router.get(
        "/{connector_id}/mapping",
        operation_id=f"{name}get_mapping",
        summary="A connector's mapping",
        responses=NOT_FOUND,
    )
    async def get_mapping(connector_id: UUID, response: Response, cases: Cases, caller: CallerOf) -> MappingDetail:
        """With suggestions by name, and what of the catalog is missing in it."""
        return _detail(await cases.mappings.read(caller, connector_id, only), response)

    @router.put(
        "/{connector_id}/mapping", operation_id=f"{name}put_mapping", summary="Replace the mapping", responses=NOT_FOUND
    )
    async def put_mapping(
        connector_id: UUID,
        wanted: MappingToPut,
        response: Response,
        cases: Cases,
        caller: CallerOf,
        if_match: Annotated[str | None, Header(description="The version that was read.", examples=['"3"'])] = None,
    ) -> MappingDetail:
        """Replaces the whole mapping. The next push sends the items that it changes, and no others; where auto-sync is on, it
        starts by itself.
        """
        version = _version(wanted.version, if_match)
        mapping = ConnectorMapping.model_validate(wanted.model_dump(exclude={"version"}))
        await cases.mappings.replace(caller, connector_id, only, mapping, version)
        return _detail(await cases.mappings.read(caller, connector_id, only), response)


def _version(in_body: int | None, if_match: str | None) -> int:
    """The version that the caller read. Raises a 422 problem where none is named, or two that differ."""
    text = (if_match or "").strip().removeprefix("W/").strip('"')
    if if_match is not None and not (text.isdecimal() and len(text) < _DIGITS):
        raise invalid(Pointer(pointer="header/If-Match", detail='give the version that you read, for example "3"'))
    named = int(text) if if_match is not None else in_body
    if named is None:
        raise invalid(
            Pointer(pointer="#/version", detail="give the version that you read; 0 where there is no mapping yet")
        )
    if in_body is not None and in_body != named:
        raise invalid(Pointer(pointer="#/version", detail=f"If-Match says {named}, the body {in_body}"))
    return named


def _detail(known: KnownMapping, response: Response) -> MappingDetail:
    response.headers["ETag"] = f'"{known.version}"'
    return MappingDetail(
        **dict(known.mapping),
        version=known.version,
        suggestions=[MappingSuggestion.model_validate(one) for one in known.suggestions],
        missing=[MissingMapping.model_validate(one) for one in known.missing],
    )
