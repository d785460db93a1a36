"""What SP-API says when it says no: `{"errors": [{code, message, details}]}` (sheet, "Errors")."""


class Refusal(Exception):
    """An answer other than success. `status` is HTTP's, the rest is the one error of the body."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    def wire(self) -> dict[str, list[dict[str, str]]]:
        return {"errors": [{"code": self.code, "message": self.message, "details": self.details}]}


def unauthorized(details: str = "") -> Refusal:
    """The 403 of a bad token, a missing role, a wrong region, a wrong seller and a path that nobody serves."""
    return Refusal(403, "Unauthorized", "Access to requested resource is denied.", details)


def invalid_input(message: str, details: str = "") -> Refusal:
    return Refusal(400, "InvalidInput", message, details)


def not_found(message: str) -> Refusal:
    return Refusal(404, "NOT_FOUND", message)


def too_many(scope: str = "") -> Refusal:
    """429. `scope`: "for the application", "for relationships", "for product data"; empty for the plain quota."""
    extra = f" The request rate is greater than what is allowed {scope}." if scope else ""
    return Refusal(429, "QuotaExceeded", f"You exceeded your quota for the requested resource.{extra}")
