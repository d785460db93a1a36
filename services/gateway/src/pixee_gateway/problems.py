"""Every error of the API as an RFC 9457 problem document with a stable `code`; 422 says with JSON pointers what is wrong where."""

from collections.abc import Mapping, Sequence

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from pixee_common.domain.faults import PixeeError

MEDIA_TYPE = "application/problem+json"

_TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not permitted",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Invalid request",
    429: "Too many requests",
    500: "Internal error",
    502: "The shop refused",
    503: "Unavailable",
}
_CODES = {
    400: "bad_request",
    401: "not_authenticated",
    403: "not_permitted",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid_request",
    500: "internal",
}


class Pointer(BaseModel):
    """One thing that is wrong in the request."""

    pointer: str = Field(description="JSON pointer into the body, or `query/<name>`.", examples=["#/product_ids/0"])
    detail: str = Field(examples=["not a UUID"])


class ProblemBody(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Invalid request"])
    status: int = Field(examples=[422])
    code: str = Field(description="Stable; made for programs.", examples=["invalid_request"])
    detail: str = Field(description="What happened and what to do, for people.")
    errors: list[Pointer] | None = None


class Problem(PixeeError):
    """An answer that is not the one hoped for. `headers` go out with it."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[Pointer] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def not_found(what: str) -> Problem:
    """The same answer for what does not exist, what is another account's and what is no id at all."""
    return Problem(404, "not_found", f"There is no such {what} in this account.")


def invalid(*errors: Pointer, code: str = "invalid_request", detail: str | None = None) -> Problem:
    """422 with pointers."""
    return Problem(422, code, detail or "; ".join(f"{e.pointer}: {e.detail}" for e in errors), errors=errors)


def answer(problem: Problem) -> JSONResponse:
    """The problem document."""
    body = ProblemBody(
        type="about:blank",
        title=_TITLES.get(problem.status, "Error"),
        status=problem.status,
        code=problem.code,
        detail=problem.message,
        errors=list(problem.errors) or None,
    )
    return JSONResponse(
        body.model_dump(exclude_none=True), status_code=problem.status, media_type=MEDIA_TYPE, headers=problem.headers
    )


async def on_problem(_request: Request, error: Exception) -> JSONResponse:
    """Problems raised by use cases."""
    if not isinstance(error, Problem):
        raise error
    return answer(error)


async def on_http_exception(_request: Request, error: Exception) -> JSONResponse:
    """Problems raised by the framework: no such route, wrong method."""
    if not isinstance(error, HTTPException):
        raise error
    if isinstance(error.__cause__, Problem):  # the framework calls whatever happens while it reads a body a bad request
        return answer(error.__cause__)
    code = _CODES.get(error.status_code, "error")
    detail = {404: "There is nothing at this address. Mind the trailing slash of /api/v1/connectors/."}.get(
        error.status_code, str(error.detail)
    )
    return answer(Problem(error.status_code, code, detail, headers=error.headers))


async def on_invalid(_request: Request, error: Exception) -> JSONResponse:
    """What FastAPI refused; an id in the path that is no id is simply not found."""
    if not isinstance(error, RequestValidationError):
        raise error
    found = error.errors()
    if any(entry["loc"][0] == "path" for entry in found):
        return answer(not_found("thing"))
    return answer(invalid(*(Pointer(pointer=_pointer(entry["loc"]), detail=str(entry["msg"])) for entry in found[:50])))


async def on_crash(_request: Request, _error: Exception) -> JSONResponse:
    """Anything else: logged by the server, told to nobody."""
    return answer(Problem(500, "internal", "An error of ours. It has been logged; try again."))


def _pointer(place: Sequence[str | int]) -> str:
    if place[0] == "body":
        return "#" + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in place[1:])
    return "/".join(str(part) for part in place)
