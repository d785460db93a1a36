"""What every request to SP-API must carry besides its token (sheet, "Credentials and auth")."""

import re
from collections.abc import Iterator, Mapping

from pixee_simulators.kit import Violation

_AGENT = re.compile(r"[^/()]+/[^/() ]+ \(Language=[^()]+\)")
_LONGEST_AGENT = 500
_DATE = re.compile(r"\d{8}T\d{6}Z")


def breaches(headers: Mapping[str, str], *, has_body: bool) -> Iterator[Violation]:
    """The answer is the same without them: they are rules for programs, not for the gateway."""
    agent = headers.get("User-Agent", "")
    if not _AGENT.fullmatch(agent) or len(agent) > _LONGEST_AGENT:
        yield Violation("user_agent", "user-agent", f"{agent!r} is not App/Version (Language=...)")
    if not _DATE.fullmatch(headers.get("x-amz-date", "")):
        yield Violation("amz_date", "x-amz-date", "must be a UTC time as 20261123T091500Z")
    if has_body and headers.get("Content-Type", "").split(";")[0].strip() != "application/json":
        yield Violation("content_type", "content-type", "a body is application/json")
