"""How Alembic reaches the database: over a connection that it is handed, or a URL from -x."""

import sqlalchemy as sa
from alembic import context

from server.database.engines import parse_url
from server.database.tables import metadata


def _migrate(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


_given: sa.Connection | None = context.config.attributes.get("connection")
if _given is not None:
    _migrate(_given)
else:
    _url = parse_url(context.get_x_argument(as_dictionary=True)["url"])
    with sa.create_engine(_url).connect() as _connection:
        _migrate(_connection)
        _connection.commit()
