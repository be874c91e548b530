"""Column types that SQLite and PostgreSQL store alike."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware instant, stored in UTC; SQLite keeps text that sorts by time."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy dictates the argument
        """Refuse a naive time and bring the others to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; instants are aware")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy dictates the argument
        """Give the zone back that SQLite does not keep."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def json_text(value: object) -> str:
    """Write plain JSON values, many times as fast as the standard library does."""
    return msgspec.json.encode(value).decode()


JSON_BY_MSGSPEC: Final[Mapping[str, Any]] = {
    "json_serializer": json_text,
    "json_deserializer": msgspec.json.decode,
}
"""How an engine writes and reads the values of a ``JsonDocument``."""

JsonDocument: sa.types.TypeEngine[Any] = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
"""Plain JSON values; records become JSON by ``server.database.rows``."""
