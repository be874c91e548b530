import socket
from pathlib import Path

import pytest

from server import cli
from server.serving import take_address
from server.settings import Settings


def serve(folder: Path, database_url: str, *lines: str) -> int:
    file = folder / "settings.toml"
    places = (f'database_url = "{database_url}"', f'blob_folder = "{folder / "blobs"}"')
    file.write_text("\n".join((*places, *lines)), encoding="utf-8")
    return cli.main(["--settings", str(file), "serve"])


def test_a_port_that_is_taken_is_named_in_one_line(
    tmp_path: Path, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        assert serve(tmp_path, sqlite_url, f"port = {port}") == cli.WRONG_INPUT

    said = capsys.readouterr().err
    assert f"cannot serve on host '127.0.0.1', port {port}: Address already in use" in said
    assert said.count("\n") == 1


def test_an_address_of_another_machine_is_named_in_one_line(
    tmp_path: Path, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # Of TEST-NET-1, which no machine has.
    assert serve(tmp_path, sqlite_url, 'host = "192.0.2.1"', "port = 0") == cli.WRONG_INPUT

    said = capsys.readouterr().err
    assert "cannot serve on host '192.0.2.1', port 0: " in said
    assert said.count("\n") == 1


def test_an_answer_does_not_wait_for_the_acknowledgement_of_its_first_packet() -> None:
    """Without it a connection held 40 ms back; asked of one that was accepted."""
    with (
        take_address(Settings(port=0)) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
