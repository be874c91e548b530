import argparse
import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from field_client import command
from tests.field_client.factories import a_job
from tests.field_client.fake_server import FakeServer
from tests.field_client.http_server import HttpFakeServer, serving


async def run(*words: str) -> tuple[int | None, str, str]:
    """Run the command as a shell does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "field_client", *words, stdout=PIPE, stderr=PIPE
    )
    out, errors = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, out.decode(), errors.decode()


async def test_an_engineer_can_enrol_sync_and_look_from_a_shell(tmp_path: Path) -> None:
    protocol = FakeServer()
    protocol.put_job(a_job())
    home = ("--home", str(tmp_path))
    async with serving(HttpFakeServer(protocol)) as server:
        enrolled = await run("enrol", "welcome-1234", *home, "--server", server.url)
        synced = await run("sync", *home)
        jobs = await run("jobs", *home)
        status = await run("status", *home)

    assert [answer[0] for answer in (enrolled, synced, jobs, status)] == [0, 0, 0, 0], synced
    assert enrolled[2] == ""
    assert json.loads(enrolled[1])["technician_name"] == "T. Echnician"
    assert json.loads(synced[1])["outcome"] == {"type": "synced"}
    assert json.loads(jobs[1])["number"] == "J-100"
    assert json.loads(status[1])["problems"] == []


@pytest.fixture
def own_logging() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("words", "status", "complaint"),
    [
        (("jobs",), 2, "not enrolled"),
        (("sync",), 2, "--server"),
        (("sync", "--server", "ftp://x"), 2, "server_url = 'ftp://x'"),
        (("sync", "--server", "ftp://ada:pw@x"), 2, "server_url = 'ftp://…@x'"),
        (("sync", "--server", "ftp://" + "x" * 900), 2, "(906 characters)"),
        (("serve", "--port", "70000"), 2, "port = 70000"),
        (("enrol", "welcome-1234", "--server", "http://127.0.0.1:1"), 1, "no answer"),
        (("enrol", "short", "--server", "http://127.0.0.1:1"), 2, "'short'"),
        (("serve", "--port", "many"), 2, "'many'"),
        (("fly",), 2, "'fly'"),
    ],
)
@pytest.mark.usefixtures("own_logging")
def test_wrong_input_ends_with_one_sentence_and_a_status(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    status: int,
    complaint: str,
) -> None:
    try:
        ended: object = command.main([*words, "--home", str(tmp_path)])
    except SystemExit as error:
        ended = error.code

    errors = capsys.readouterr().err
    assert ended == status, errors
    assert complaint in errors
    assert "Traceback" not in errors


@pytest.mark.usefixtures("own_logging")
def test_a_setting_that_is_none_is_named_with_those_that_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "field.toml").write_text("pol_ms = 5\n")

    assert command.main(["status", "--home", str(tmp_path)]) == 2

    complaint = capsys.readouterr().err
    assert "`pol_ms`" in complaint
    assert "poll_ms, port, retry_ms_max" in complaint


def test_the_tablet_is_a_subcommand_of_firstlight() -> None:
    parser = argparse.ArgumentParser(prog="firstlight")
    command.add_to(parser.add_subparsers())

    args = parser.parse_args(["field", "status", "--home", "somewhere"])

    assert (args.home, callable(args.run)) == (Path("somewhere"), True)


@pytest.mark.usefixtures("own_logging")
def test_a_home_that_is_a_file_is_wrong_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "notes.txt"
    home.write_text("mine", encoding="utf-8")

    assert command.main(["status", "--home", str(home)]) == 2

    assert "notes.txt' is a file; name the folder" in capsys.readouterr().err
