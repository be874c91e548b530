from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
import sqlalchemy as sa

from server import cli, doctor
from server.database import engines
from server.doctor import Check, Finding
from server.session_sources.wanted import RadiusAccounting
from server.settings import Secret, Settings
from sync_protocol.sqlite_builds import Version
from tests.server.session_sources.radacct import Radacct


def findings(database_url: str) -> list[Finding]:
    return [check.finding for check in doctor.check_database(database_url)]


def test_a_healthy_installation_has_nothing_to_complain_about(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRSTLIGHT_DATABASE_URL", database_url)
    monkeypatch.setenv("FIRSTLIGHT_BLOB_FOLDER", str(tmp_path / "blobs"))
    assert cli.main(["doctor"]) == 0
    assert not (tmp_path / "blobs").exists(), "a check changes nothing"


def test_each_check_is_one_line_and_a_failed_one_ends_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FIRSTLIGHT_DATABASE_URL", f"sqlite:///{tmp_path / 'absent.db'}")
    assert cli.main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert all(line.split()[0] in {"ok", "note", "FAILED"} for line in lines)
    (failed,) = [line for line in lines if line.startswith("FAILED")]
    assert failed.endswith("absent.db'; run: firstlight migrate")
    assert not (tmp_path / "absent.db").exists()


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 51, 2)])
def test_a_library_with_the_wal_reset_bug_fails(version: Version) -> None:
    check = doctor.check_sqlite_build(version)
    assert check.finding is Finding.FAILED
    assert "WAL-reset bug; use 3.51.3 or later" in check.text


def test_the_settings_are_read_back_from_a_real_connection(sqlite_url: str) -> None:
    first, *_ = doctor.check_database(sqlite_url)
    assert first.finding is Finding.OK
    assert "journal_mode=wal, synchronous=2, foreign_keys=1" in first.text


def test_an_old_schema_fails_with_the_command_that_helps(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    writing, reading = engines.create(engines.parse_url(url))
    with writing.connect() as db, db.begin():
        db.execute(sa.text("CREATE TABLE something (id INTEGER)"))
    writing.dispose()
    reading.dispose()
    *_, schema = doctor.check_database(url)
    assert schema.finding is Finding.FAILED
    assert "run: firstlight migrate" in schema.text


def test_a_file_that_is_no_database_fails(tmp_path: Path) -> None:
    file = tmp_path / "photo.db"
    file.write_bytes(b"not a database, but long enough to have a header of a hundred bytes" * 3)
    assert findings(f"sqlite:///{file}") == [Finding.FAILED]


def test_a_database_server_that_does_not_answer_fails(tmp_path: Path) -> None:
    assert findings(f"postgresql://clerk@/firstlight?host={tmp_path}") == [Finding.FAILED]


@pytest.mark.parametrize("url", ["mysql://localhost/x", "nonsense"])
def test_a_database_that_is_not_supported_fails(url: str) -> None:
    assert findings(url) == [Finding.FAILED]


def test_a_blob_folder_that_cannot_be_written_fails(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert doctor.check_blob_folder(tmp_path).finding is Finding.OK
    assert doctor.check_blob_folder(file).finding is Finding.FAILED
    assert doctor.check_blob_folder(tmp_path / "no" / "such").finding is Finding.FAILED


def absent(module: str) -> object:
    raise ImportError(f"{module} is not here\nand more")


@pytest.mark.parametrize(
    ("check", "expected"),
    [(doctor.check_reader, Finding.FAILED), (doctor.check_optional_reader, Finding.NOTE)],
)
def test_scanning_needs_one_reader_and_works_without_the_other(
    check: Callable[[str, doctor.Load], Check], expected: Finding
) -> None:
    found = check("reader", absent)
    assert found.finding is expected
    assert "\n" not in found.text.removesuffix("and more") or expected is Finding.FAILED


def test_every_part_of_the_settings_is_examined(sqlite_url: str, tmp_path: Path) -> None:
    checks = list(
        doctor.examine(Settings(database_url=sqlite_url, blob_folder=str(tmp_path / "blobs")))
    )
    assert len(checks) == 7
    assert Finding.FAILED not in {check.finding for check in checks}


@pytest.mark.parametrize(
    ("policy", "missing"), [("required", Finding.FAILED), ("preferred", Finding.NOTE)]
)
def test_a_session_source_is_asked_and_what_it_says_is_shown(
    tmp_path: Path, policy: Literal["required", "preferred"], missing: Finding
) -> None:
    Radacct(f"sqlite:///{tmp_path / 'there.db'}")
    named = {
        name: RadiusAccounting(
            url=Secret(f"sqlite:///{tmp_path / name}.db"), identifier="{serial}", timeout_ms=5000
        )
        for name in ("there", "gone", "unused")
    }
    wanted = Settings(
        session_sources=named,
        session_source="there",
        session_source_of_olts={"OLT-7": "gone"},
        session_proof=policy,
    )

    gone, there = doctor.check_session_sources(wanted)

    assert there == Check(Finding.OK, "session source 'there' answers")
    assert gone.finding is missing
    assert gone.text.startswith("session source 'gone' is unavailable: the database says: ")


def test_an_installation_without_session_sources_has_no_check_of_them() -> None:
    assert doctor.check_session_sources(Settings()) == ()
    assert doctor.check_session_sources(Settings(session_source="unknown")) == ()
