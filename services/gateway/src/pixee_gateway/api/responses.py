"""The problem answers that the OpenAPI document promises."""

from typing import Any

from pydantic import BaseModel

from pixee_gateway.problems import MEDIA_TYPE, ProblemBody

_COMPONENTS = "#/components/schemas/"


def component(model: type[BaseModel]) -> dict[str, str]:
    """The reference to a model among the document's components. A schema written out in place, with `$defs`, breaks generators."""
    return {"$ref": _COMPONENTS + model.__name__}


def problem_components() -> dict[str, Any]:
    """The components that `PROBLEMS` refers to; FastAPI adds only those of `response_model`, whose media type is JSON's."""
    schema = ProblemBody.model_json_schema(ref_template=_COMPONENTS + "{model}")
    return {**schema.pop("$defs"), ProblemBody.__name__: schema}


def _problem(description: str, **example: object) -> dict[str, Any]:
    return {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": component(ProblemBody), "example": {"type": "about:blank", **example}}},
    }


PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: _problem("No valid API key", title="Not authenticated", status=401, code="not_authenticated", detail="The API key is not valid."),
    403: _problem(
        "The key lacks the permission", title="Not permitted", status=403, code="not_permitted",
        detail="This API key lacks the permission MANAGE_SETTINGS.",
    ),
    409: _problem("The state of the thing does not allow it", title="Conflict", status=409, code="connector_paused", detail="The connector is paused: resume it first."),
    413: _problem("The body is over 1 MB", title="Too large", status=413, code="too_large", detail="A body may have at most 1 MB."),
    422: _problem(
        "The request is not valid", title="Invalid request", status=422, code="invalid_request",
        detail="#/product_ids/0: not a UUID", errors=[{"pointer": "#/product_ids/0", "detail": "not a UUID"}],
    ),
    429: _problem("Too many", title="Too many requests", status=429, code="too_many_queued", detail="100 jobs of this kind are queued for the connector already; wait for one to begin."),
    503: _problem("Nobody can do it now", title="Unavailable", status=503, code="no_worker", detail="No worker for shopify could ask the shop."),
}  # fmt: skip

SHOP_REFUSED: dict[int | str, dict[str, Any]] = {
    502: _problem("The shop refused", title="The shop refused", status=502, code="credentials_refused", detail="Credentials refused. Enter new credentials for the connector.")
}  # fmt: skip

NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: _problem("Not in this account", title="Not found", status=404, code="not_found", detail="There is no such connector in this account.")
}  # fmt: skip
