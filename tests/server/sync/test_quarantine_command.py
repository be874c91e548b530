from pathlib import Path
from uuid import UUID

import pytest

from server import cli
from server.database import Store
from server.sync import devices, quarantine
from server.sync.quarantine import Signed
from sync_protocol import evidence, wire
from sync_protocol.ids import DeviceId
from sync_protocol.jobs import JobEvent
from sync_protocol.messages import HandOver
from tests.server.factories import NOON, act, assigned_job, found_town
from tests.server.tablets import enrolled, move

SHA256 = "ab" * 32


@pytest.fixture
def settings_file(sqlite_url: str, tmp_path: Path) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text(f'database_url = "{sqlite_url}"\n')
    return file


@pytest.fixture
def handed_over(sqlite_url: str) -> UUID:
    """A hand-over of a tablet that had begun a job."""
    store = Store(sqlite_url)
    town = found_town(store)
    tablet = enrolled(store, town.ada)
    tablet.say(move(assigned_job(store, town.ada).job_id, JobEvent.START))
    tablet.say_raw(b'{"dseq": %d}')
    store.write_now(devices.revoke, tablet.device_id, act=act(NOON))
    body = wire.compress(wire.encode(HandOver(push=tablet.request(), blobs=(SHA256,))))
    message = evidence.hand_over_bytes(DeviceId(tablet.device_id), body)
    signed = Signed(body=body, signature=tablet.sign(message))
    store.write_now(quarantine.take, tablet.device_id, signed, token="t", act=act(NOON))
    (kept,) = store.read_now(quarantine.list_all)
    store.close()
    return kept.id


def run(settings_file: Path, *argv: str) -> int:
    return cli.main(["--settings", str(settings_file), "device", "quarantine", *argv])


def test_a_person_sees_what_was_handed_over_and_lets_it_in_once(
    settings_file: Path, handed_over: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(settings_file, "list") == 0
    listed = capsys.readouterr().out
    assert run(settings_file, "show", str(handed_over)) == 0
    shown = capsys.readouterr().out.splitlines()
    assert run(settings_file, "release", str(handed_over)) == 0
    released = capsys.readouterr().out
    assert run(settings_file, "release", str(handed_over)) == cli.FAILED
    again = capsys.readouterr().err
    assert run(settings_file, "list") == 0

    assert f"{handed_over}  waits" in listed
    assert "2 operations, 1 files" in listed
    assert "MoveJob  job " in shown[0]
    assert "unreadable: " in shown[1]
    assert shown[2] == f"  file  {SHA256}"
    assert released == f"{handed_over} is released: 1 applied, 1 rejected\n"
    assert f"hand-over {handed_over} was released on" in again
    assert f"{handed_over}  released" in capsys.readouterr().out


@pytest.mark.usefixtures("handed_over")
def test_an_id_that_is_none_is_wrong_input(
    settings_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(settings_file, "show", "first") == cli.WRONG_INPUT
    assert "'first' is no id; 'firstlight device quarantine list'" in capsys.readouterr().err
    assert run(settings_file, "release", str(UUID(int=1))) == cli.WRONG_INPUT
