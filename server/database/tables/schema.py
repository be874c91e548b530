"""The metadata and the column shapes that all tables share."""

from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def id_column() -> sa.Column[Any]:
    """Make the primary key of most tables: a UUIDv7."""
    return sa.Column("id", sa.Uuid, primary_key=True)


def reference(name: str, target: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Make a column that points to the id of another table, indexed."""
    return sa.Column(name, sa.Uuid, sa.ForeignKey(f"{target}.id"), nullable=nullable, index=True)


def external_id_column() -> sa.Column[Any]:
    """Make the key under which another system knows the row; an import upserts by it."""
    return sa.Column("external_id", sa.String(80), nullable=False, unique=True)
