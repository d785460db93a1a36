"""Bulk operations: started, run on the simulator's clock, read as a file of JSON lines at a signed address.

Sheet, "Pull products": at most 5 connections, nested at most 2 levels below the root, no `node`/`nodes` at the top, 5 at once. Each
node is a line; the children of a connection are lines of their own with `__parentId`, right behind their parent only where
`groupObjects` was asked for (else all of them stand behind all parents, so nobody can rely on neighbours). Of a bulk mutation each
line of variables is one line of the result, known by `__lineNumber` and in no order (sheet, "Push products": bulk path).
"""

from typing import Any

from pixee_simulators.shopify import bulk_files, staged_uploads
from pixee_simulators.shopify.bulk_rules import mutation_problem, problem
from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.gids import gid
from pixee_simulators.shopify.records import Bulk, UserError
from pixee_simulators.shopify.wire import Fields, Info, at, attribute, context_of, moment

Given = dict[str, Any]
_LIMIT = "Bulk operations limit reached. Please try again later."


def run_query(context: Context, arguments: Given) -> Given:
    """The payload of bulkOperationRunQuery."""
    if (wrong := problem(arguments["query"])) is not None:
        return _refused(UserError("INVALID", ["query"], wrong))
    if _running(context, mutations=False) >= int(context.limits["bulk_queries"]):
        return _refused(UserError("LIMIT_REACHED", None, _LIMIT))
    return _begun(context, arguments["query"], grouped=bool(arguments["groupObjects"]))


def run_mutation(context: Context, arguments: Given) -> Given:
    """The payload of bulkOperationRunMutation; its lines are read, not yet tried."""
    staged = context.store.staged.get(arguments["stagedUploadPath"])
    if (wrong := mutation_problem(arguments["mutation"])) is not None:
        return _refused(UserError("INVALID_MUTATION", ["mutation"], wrong))
    if staged is None or staged.content is None:
        return _refused(UserError("NO_SUCH_FILE", ["stagedUploadPath"], "The JSONL file could not be found."))
    if not staged_uploads.is_jsonl(staged.content):
        return _refused(UserError("INVALID_STAGED_UPLOAD_FILE", ["stagedUploadPath"], "The JSONL file is invalid."))
    if _running(context, mutations=True) >= int(context.limits["bulk_mutations"]):
        return _refused(UserError("OPERATION_IN_PROGRESS", None, "A bulk mutation is already running."))
    return _begun(context, arguments["mutation"], grouped=False, variables=staged.content)


def _running(context: Context, *, mutations: bool) -> int:
    return sum(not one.done and (one.variables is not None) == mutations for one in context.store.bulks.values())


def _refused(error: UserError) -> Given:
    return {"bulkOperation": None, "userErrors": [error]}


def _begun(context: Context, text: str, *, grouped: bool, variables: str | None = None) -> Given:
    seconds = float(context.limits["bulk_s"])
    bulk = Bulk(
        id=context.store.new_id(),
        query=text,
        grouped=grouped,
        created_at=context.now,
        running_at=context.now + seconds / 4,
        done_at=context.now + seconds,
        scopes=sorted(context.scopes),
        error=_planted(context),
        variables=variables,
    )
    context.store.bulks[bulk.id] = bulk
    context.work.ids.append(gid("BulkOperation", bulk.id))
    return {"bulkOperation": bulk, "userErrors": []}


def _planted(context: Context) -> str | None:
    if context.limits["bulk_fails"] <= 0:
        return None
    context.limits["bulk_fails"] -= 1
    return str(context.limits["bulk_error"])


def status(bulk: Bulk, now: float) -> str:
    """CREATED, RUNNING, then COMPLETED or FAILED; EXPIRED when its file is gone."""
    if not bulk.done:
        return "RUNNING" if now >= bulk.running_at else "CREATED"
    if bulk.error is not None:
        return "FAILED"
    return "EXPIRED" if now > bulk.done_at + bulk_files.LIFETIME_S else "COMPLETED"


def _url(bulk: Bulk, info: Info, *, partial: bool) -> str | None:
    context = context_of(info)
    there = bulk.done and bool(bulk.result) and partial == (bulk.error is not None)
    expired = context.now > bulk.done_at + bulk_files.LIFETIME_S
    return bulk_files.address(context.host, bulk) if there and not expired else None


BULK: Fields = {
    "completedAt": lambda one, _info: moment(one.done_at) if one.done and one.error is None else None,
    "createdAt": at("created_at"),
    "errorCode": lambda one, _info: one.error if one.done else None,
    "fileSize": lambda one, info: str(len(one.result.encode())) if _url(one, info, partial=False) else None,
    "id": lambda one, _info: gid("BulkOperation", one.id),
    "objectCount": lambda one, _info: str(one.objects),
    "partialDataUrl": lambda one, info: _url(one, info, partial=True),
    "query": attribute("query"),
    "rootObjectCount": lambda one, _info: str(one.roots),
    "status": lambda one, info: status(one, context_of(info).now),
    "type": lambda one, _info: "QUERY" if one.variables is None else "MUTATION",
    "url": lambda one, info: _url(one, info, partial=False),
}
