"""The one metadata object, with a naming convention so that constraints have the same names everywhere, and column shorthands."""

from typing import Any

from sqlalchemy import Column, DateTime, MetaData, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def key(name: str, **options: Any) -> Column[Any]:
    """A uuid column."""
    options.setdefault("nullable", False)
    return Column(name, UUID(as_uuid=True), **options)


def words(name: str, **options: Any) -> Column[Any]:
    """A text column."""
    options.setdefault("nullable", False)
    return Column(name, Text, **options)


def moment(name: str, **options: Any) -> Column[Any]:
    """A moment with its time zone, null until it happens."""
    options.setdefault("nullable", True)
    return Column(name, DateTime(timezone=True), **options)


def born(name: str = "created_at") -> Column[Any]:
    """The moment that the row was written."""
    return Column(name, DateTime(timezone=True), nullable=False, server_default=text("now()"))


def document(name: str, **options: Any) -> Column[Any]:
    """A jsonb column."""
    options.setdefault("nullable", False)
    return Column(name, JSONB, **options)
