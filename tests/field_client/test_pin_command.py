import asyncio
import json
import os
import pty
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from field_client.safety.pins import Tries
from tests.field_client.safety.keeping import OTHER_PIN, PIN, key_files


async def run(*words: str, typed: str = "") -> tuple[int | None, str, str]:
    """Run the command as a script does, with lines on its standard input."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "field_client", *words, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    out, errors = await asyncio.wait_for(process.communicate(typed.encode()), 30)
    return process.returncode, out.decode(), errors.decode()


@pytest.fixture
def home(tmp_path: Path) -> tuple[str, ...]:
    (tmp_path / "field.toml").write_text('keys = "folder"\nballast_mb = 0\n')
    return ("--home", str(tmp_path))


async def test_a_script_sets_shows_changes_and_removes_the_pin(home: tuple[str, ...]) -> None:
    script = (*home, "--pin-stdin")
    was_set = await run("pin", "set", *script, typed=f"{PIN}\n")
    status = await run("status", *script, typed=f"{PIN}\n")
    wrong = await run("status", *script, typed=f"{OTHER_PIN}\n")
    changed = await run("pin", "set", *script, typed=f"{PIN}\n{OTHER_PIN}\n")
    removed = await run("pin", "remove", *script, typed=f"{OTHER_PIN}\n")
    after = await run("status", *home)

    assert was_set == (0, "the keys are sealed by the PIN\n", "")
    assert json.loads(status[1])["safety"]["keys"] == "pin"
    assert wrong[0] == 2
    assert "the PIN is wrong; 9 tries left" in wrong[2]
    assert "Traceback" not in wrong[2]
    assert (changed[0], removed[0], after[0]) == (0, 0, 0)
    assert json.loads(after[1])["safety"]["keys"] == "folder"


async def test_without_anybody_to_ask_the_way_for_scripts_is_named(home: tuple[str, ...]) -> None:
    await run("pin", "set", *home, "--pin-stdin", typed=f"{PIN}\n")

    locked = await run("jobs", *home)
    from_variable = await run("jobs", *home)

    assert locked[0] == from_variable[0] == 2
    assert "a PIN is needed, and nobody is there to type it; use --pin-stdin" in locked[2]


async def test_a_person_types_the_new_pin_twice_and_sees_none_of_it(
    home: tuple[str, ...], tmp_path: Path
) -> None:
    control, terminal = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "field_client", "pin", "set", *home),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    shown = b""
    for prompt in (b"new PIN: ", b"new PIN again: "):
        while not shown.endswith(prompt):
            shown += await asyncio.to_thread(os.read, control, 1)
        os.write(control, f"{PIN}\n".encode())
    status = await asyncio.wait_for(process.wait(), 30)
    shown += os.read(control, 4096)
    os.close(control)

    assert status == 0, shown
    assert PIN.encode() not in shown
    assert b"sealed by the PIN" in shown
    assert key_files(tmp_path / "keys").way().needs_pin


async def test_the_last_wrong_pin_at_a_shell_ends_with_what_was_lost(
    home: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "field.toml").write_text('keys = "folder"\nballast_mb = 0\nwrong_pins_max = 3\n')
    await run("pin", "set", *home, "--pin-stdin", typed=f"{PIN}\n")
    key_files(tmp_path / "keys").note_tries(Tries(begun=2))

    last = await run("jobs", *home, "--pin-stdin", typed=f"{OTHER_PIN}\n")
    after = await run("jobs", *home)

    assert last[0] == after[0] == 2
    assert "the keys of this tablet were erased" in last[2]
    assert "enrol it anew" in after[2].lower()
    assert not (tmp_path / "replica").exists()
