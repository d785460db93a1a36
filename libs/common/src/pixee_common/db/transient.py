"""Which database errors pass by themselves: a lost or refused connection, a restart, a failover, a full disk, a deadlock. Everything else
is a bug or bad data.
"""

import asyncpg

_PASSING_CLASSES = ("08", "57P")
_PASSING_CODES = frozenset({"25006", "40001", "40P01", "53100", "53200", "53300", "55P03", "57014"})


def is_transient(error: BaseException) -> bool:
    """Whether the same transaction may be tried again.

    Of asyncpg's own errors: connection exceptions (SQLSTATE class 08), server shutting down or starting (57P), serialisation
    failure, deadlock, too many connections, lock not available; a server that is read-only because another one was promoted, or
    out of disk or memory, or that cancelled the statement: none of these says anything of the data; a plan from before a migration;
    its client's protocol out of step, which is what a connection becomes that the server ends between two statements (asyncpg's
    issue 1069); and what the socket says when the server is away.
    """
    if isinstance(error, asyncpg.InvalidCachedStatementError):
        return True
    if isinstance(error, asyncpg.PostgresError):
        state = getattr(error, "sqlstate", None) or ""
        return state.startswith(_PASSING_CLASSES) or state in _PASSING_CODES
    if isinstance(error, asyncpg.InternalClientError):
        return True
    if isinstance(error, asyncpg.InterfaceError):
        text = str(error)
        return "closed" in text or "connection" in text
    return isinstance(error, (ConnectionError, TimeoutError, OSError))
