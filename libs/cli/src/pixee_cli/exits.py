"""Exit codes, and the errors that carry them: a script must be able to tell a wrong command from a shop that differs."""

from enum import IntEnum


class Exit(IntEnum):
    """What a command ends with."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_REACHABLE = 3
    REFUSED = 4
    WITH_ERRORS = 5


MEANINGS = {
    Exit.OK: "done",
    Exit.FAILED: "the thing failed, or shop and catalog differ",
    Exit.USAGE: "the command or the file cannot be understood",
    Exit.NOT_REACHABLE: "no stack runs, or gateway or database cannot be reached",
    Exit.REFUSED: "the gateway refused the request (4xx)",
    Exit.WITH_ERRORS: "completed, but not for everything: see the report or the job's items",
}


class CliError(Exception):
    """Ends the command with its exit code; the message says what to do."""

    exit = Exit.FAILED

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UsageError(CliError):
    exit = Exit.USAGE


class NotReachable(CliError):
    exit = Exit.NOT_REACHABLE


class GatewayRefused(CliError):
    """A 4xx of the gateway. `code` is the stable code of its problem details, `problem` the whole document."""

    exit = Exit.REFUSED

    def __init__(self, message: str, code: str, problem: dict[str, object]) -> None:
        super().__init__(message)
        self.code = code
        self.problem = problem
