"""Names that this service gives itself towards others: the source of its events and its consumer groups."""

SOURCE = "sync-orchestrator"
PROGRESS_GROUP = "pixee.orchestrator.progress"
CATALOG_GROUP = "pixee.orchestrator.catalog"
PLAN_GROUP = "pixee.orchestrator.plan"
