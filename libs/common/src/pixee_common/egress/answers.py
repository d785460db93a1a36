"""What came back: status, headers, body, and a JSON reader that a hostile body cannot blow up."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from yarl import URL

from pixee_common.domain.faults import PixeeError

__all__ = ["AnswerNotJson", "HttpAnswer", "same_site_redirect"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class AnswerNotJson(PixeeError):
    """A complete answer that is not the JSON we expected: not JSON at all, or nested beyond reason."""

    code = "answer_not_json"

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A complete answer. `body` is decompressed; `elapsed` is seconds from call to last byte."""

    status: int
    headers: httpx.Headers
    body: bytes = field(repr=False)
    elapsed: float

    def json(self) -> Any:
        """Decode the body.

        Raises AnswerNotJson, which is no ValueError, also for an empty body (orjson refuses more than 1,024 levels of nesting before
        it recurses).
        """
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            kind = self.headers.get("content-type", "no content type")
            raise AnswerNotJson(
                f"not JSON ({kind}, {len(self.body)} bytes) at position {error.pos}", status=self.status
            ) from None


def same_site_redirect(url: str, answer: HttpAnswer) -> str | None:
    """Return the target when the answer redirects within the same scheme, host and port, else None.

    Nothing is followed: a caller that wants to go on makes a new, checked request.
    """
    location = answer.headers.get("location")
    if answer.status not in _REDIRECTS or not location:
        return None
    try:
        origin = URL(url)
        target = origin.join(URL(location))
        same = target.origin() == origin.origin() and target.user is None
    except ValueError:
        return None
    return str(target.with_fragment(None)) if same else None
