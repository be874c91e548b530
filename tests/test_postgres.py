import sqlalchemy as sa

from tests.postgres import PostgresServer

prepared: list[str] = []


def make_table(url: str) -> None:
    prepared.append(url)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE jobs (id integer PRIMARY KEY)"))
    engine.dispose()


def count_jobs_after_adding_one(url: str) -> int:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO jobs VALUES (1)"))
        return connection.execute(sa.text("SELECT count(*) FROM jobs")).scalar_one()


def test_every_test_gets_an_empty_database_of_a_recent_postgresql(postgres_url: str) -> None:
    engine = sa.create_engine(postgres_url, poolclass=sa.NullPool)

    with engine.connect() as connection:
        version = connection.execute(sa.text("SHOW server_version_num")).scalar_one()

    assert int(version) >= 160000
    assert sa.inspect(engine).get_table_names() == []


def test_copies_of_a_template_share_the_tables_but_no_rows(
    postgres_server: PostgresServer,
) -> None:
    for _ in range(2):
        with postgres_server.database(make_table) as url:
            assert count_jobs_after_adding_one(url) == 1

    assert len(prepared) == 1


def test_a_database_goes_away_though_a_connection_was_forgotten(
    postgres_server: PostgresServer,
) -> None:
    with postgres_server.database() as url:
        engine = sa.create_engine(url)
        forgotten = engine.connect()

    forgotten.invalidate()
    with postgres_server.database() as other:
        assert other != url
