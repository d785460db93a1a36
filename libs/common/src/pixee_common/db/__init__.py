"""PostgreSQL: tables, migrations, grants, and the one way to run SQL."""

from pixee_common.db.database import Connection, Database
from pixee_common.db.transient import is_transient

__all__ = ["Connection", "Database", "is_transient"]
