"""WordPress error answers: one shape for whole requests and for items of a batch."""

from typing import Any


class WooError(Exception):
    """`{code, message, data: {status, …}}`; raised by whatever refuses, caught by the dispatcher or the batch."""

    def __init__(self, code: str, message: str, status: int = 400, **data: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.data: dict[str, Any] = {"status": status} | data

    def wire(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "data": self.data}


def invalid_params(found: dict[str, tuple[str, str]]) -> WooError:
    """`found`: parameter -> (detail code, sentence). The shape of WordPress core's `rest_invalid_param`."""
    return WooError(
        "rest_invalid_param",
        f"Invalid parameter(s): {', '.join(found)}",
        params={name: message for name, (_, message) in found.items()},
        details={
            name: {"code": code, "message": message, "data": {"param": name}} for name, (code, message) in found.items()
        },
    )


def missing_params(names: list[str]) -> WooError:
    return WooError("rest_missing_callback_param", f"Missing parameter(s): {', '.join(names)}", params=names)


def no_route() -> WooError:
    return WooError("rest_no_route", "No route was found matching the URL and request method.", 404)
