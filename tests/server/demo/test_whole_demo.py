"""The demo itself, as a newcomer runs it, with an ONT that comes up sooner."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[3]
# Two whole demos side by side would only slow each other down.
pytestmark = pytest.mark.xdist_group("whole demo")
KEYS: Final = {
    "story": {
        "job_id",
        "completed_at",
        "received_at",
        "live_at",
        "billing_start",
        "invoice_line_minor",
        "currency",
        "notified_at",
        "human_touches",
    },
    "latency_ms": {
        "received_to_live",
        "received_to_billed",
        "ont_come_up",
        "poll_wait",
        "overhead",
    },
    "snmp": {"sets", "serial_on_olt", "ont_state", "rx_power_dbm"},
    "webhook": {"deliveries", "distinct_events", "signature_verified"},
    "replay": {"batches", "new_effects"},
    "operations": {"captured", "applied", "superseded", "parked", "rejected"},
}
PLAYED_WITHIN_S: Final = 240
STOPPED_WITHIN_S: Final = 60


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "server.demo", *words]


def environ(folder: Path) -> dict[str, str]:
    """Let the demo work in a folder of the test's own, which names its processes."""
    return {**os.environ, "TMPDIR": str(folder)}


def processes_of(folder: Path) -> list[str]:
    """Find processes whose command line names the folder."""
    found: list[str] = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in words:
            found.append(words)
    return found


def wait_for_a_death(folder: Path, alive: int) -> None:
    """Wait until the first of the processes has ended."""
    deadline = time.monotonic() + STOPPED_WITHIN_S
    while len(processes_of(folder)) >= alive:
        assert time.monotonic() < deadline, "none of the processes was stopped"


def test_the_demo_plays_the_story_and_beats_every_rival() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = folder / "out.json"
        words = ("--once", "--json", str(out), "--come-up-s", "1", "--seed", "7")

        played = subprocess.run(
            command(*words),
            cwd=ROOT,
            env=environ(folder),
            capture_output=True,
            text=True,
            timeout=PLAYED_WITHIN_S,
            check=False,
        )

        said = played.stdout + played.stderr
        assert played.returncode == 0, said
        found: dict[str, Any] = json.loads(out.read_bytes())
        assert processes_of(folder) == []
        assert [each.name for each in folder.iterdir()] == ["out.json"]
    assert {key: set(found[key]) & names for key, names in KEYS.items()} == KEYS
    assert [rival["name"] for rival in found["rivals"] if not rival["ok"]] == []
    assert len(found["rivals"]) == 6
    assert found["replay"]["batches"] == 10
    assert found["replay"]["new_effects"] == 0
    assert found["story"]["human_touches"] == 0
    assert found["snmp"]["sets"] == 2
    for instant in ("completed", "received", "live"):
        assert f"\n  {instant} " in said
    assert "\x1b[" not in said


def test_interrupted_the_demo_leaves_nothing_behind() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with subprocess.Popen(
            command("--come-up-s", "1"),
            cwd=ROOT,
            env=environ(folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as demo:
            assert demo.stdout is not None
            # All processes run once the story begins.
            for line in demo.stdout:
                if line.strip() == "The story":
                    break
            assert processes_of(folder) != []

            demo.send_signal(signal.SIGINT)
            # People press it twice; the second must not cut the tidying short.
            wait_for_a_death(folder, len(processes_of(folder)))
            demo.send_signal(signal.SIGINT)
            _, complaint = demo.communicate(timeout=STOPPED_WITHIN_S)

        assert demo.returncode == 1
        assert complaint == "demo: stopped before the end\n"
        assert processes_of(folder) == []
        assert list(folder.iterdir()) == []
