"""Whether the database is what the models say: used by a test, and by Alembic when it writes a new revision."""

import re
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from pixee_common.db.models import PARTITIONED_BY_DAY, metadata

_PARTITION = re.compile(rf"(?:{'|'.join(PARTITIONED_BY_DAY)})_\d{{8}}")


def include_object(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Day partitions and Alembic's own table are not the models' business."""
    table = name if kind == "table" else getattr(getattr(item, "table", None), "name", None)
    return not (table and (_PARTITION.fullmatch(table) or table == "alembic_version"))


def drift(connection: Connection) -> list[Any]:
    """The differences between database and models; empty when they agree."""
    context = MigrationContext.configure(connection, opts={"include_object": include_object})
    return list(compare_metadata(context, metadata))
