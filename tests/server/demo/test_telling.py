import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from server.demo.following import Follower, tell_olt, tell_server
from server.demo.narration import Narrator, Voice
from server.demo.watching import JsonLog, NotSeen, until

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
AT = NOON.isoformat()

STEP = {"event": "process.step_ended", "timestamp": AT}
SERVER_LINES = [
    (
        {
            "event": "sync_session.finished",
            "operations": 10,
            "timestamp": "2026-07-01T12:00:01+00:00",
            "committed_at": AT,
        },
        "RECEIVED: 10 operations",
    ),
    ({**STEP, "step": "verify_evidence", "state": "leased", "code": None}, "evidence verified"),
    ({**STEP, "step": "go_live", "state": "done", "code": None}, "LIVE"),
    ({**STEP, "step": "verify_online", "state": "waiting", "code": "ONT_OFFLINE"}, "looks again"),
    ({**STEP, "step": "register", "state": "stuck", "code": "ONT_SERIAL_DUP"}, "ONT_SERIAL_DUP"),
    (
        {"event": "webhook.attempted", "attempt": 2, "outcome": "delivered", "timestamp": AT},
        "attempt 2: delivered",
    ),
    ({"event": "notification.settled", "state": "sent", "timestamp": AT}, "mail is sent"),
]
OLT_LINES = [
    (
        {
            "event": "set.accepted",
            "table": "ont",
            "action": "create",
            "port": "0/1/0",
            "serial": "HWTC1A2B3C4D",
            "at": AT,
        },
        "ONT HWTC1A2B3C4D on 0/1/0",
    ),
    ({"event": "set.accepted", "table": "service_port", "at": AT}, "service port"),
    ({"event": "set.rejected", "reason": "serial_conflict", "at": AT}, "refused: serial_conflict"),
    ({"event": "ont.acceptable", "at": AT}, "light readable"),
]


def a_narrator(stream: io.StringIO, *, colours: bool = False) -> Narrator:
    return Narrator(stream, zone=ZoneInfo("Europe/Berlin"), now=lambda: NOON, colours=colours)


@pytest.mark.parametrize(("line", "words"), SERVER_LINES)
def test_the_server_log_is_told_in_words(line: Mapping[str, object], words: str) -> None:
    told = tell_server(dict(line))

    assert told is not None
    assert words in told.what
    assert told.at == NOON


@pytest.mark.parametrize(
    "line",
    [
        {"event": "sync_session.finished", "operations": 0, "timestamp": AT},
        {"event": "sign_in.admitted", "timestamp": AT},
        {"event": "without a time"},
    ],
)
def test_what_is_no_news_is_left_out(line: dict[str, object]) -> None:
    assert tell_server(line) is None


@pytest.mark.parametrize(("line", "words"), OLT_LINES)
def test_the_log_of_the_olt_is_told_in_words(line: Mapping[str, object], words: str) -> None:
    told = tell_olt(dict(line))

    assert told is not None
    assert words in told.what


def test_a_line_says_when_there_and_who_and_what() -> None:
    stream = io.StringIO()

    Voice(a_narrator(stream), "[2]").say("server", "killed", style="bad")

    assert stream.getvalue() == "  14:00:00.000  [2] server      killed\n"


def test_colours_come_only_when_they_are_wanted() -> None:
    plain, coloured = io.StringIO(), io.StringIO()

    a_narrator(plain).heading("The story")
    a_narrator(coloured, colours=True).heading("The story")

    assert "\x1b" not in plain.getvalue()
    assert "\x1b[1mThe story\x1b[0m" in coloured.getvalue()


def test_details_are_told_in_the_story_and_not_in_its_rivals() -> None:
    stream = io.StringIO()

    Voice(a_narrator(stream)).detail("tablet", "scans")
    Voice(a_narrator(stream), "[3]").detail("tablet", "scans as well")

    assert "scans as well" not in stream.getvalue()
    assert "scans" in stream.getvalue()


async def test_two_logs_are_told_in_the_order_of_their_instants(tmp_path: Path) -> None:
    server, olt, stream = tmp_path / "server.log", tmp_path / "olt.jsonl", io.StringIO()
    server.write_text(json.dumps({"event": "old", "timestamp": AT}) + "\n", encoding="utf-8")
    follower = Follower(Voice(a_narrator(stream)), JsonLog(server), JsonLog(olt))
    later = (NOON + timedelta(seconds=1)).isoformat()
    with server.open("a", encoding="utf-8") as log:
        line = {**STEP, "step": "go_live", "state": "done", "code": None, "timestamp": later}
        log.write(json.dumps(line) + "\n")
    olt.write_text(json.dumps({"event": "ont.up", "at": AT}) + "\n", encoding="utf-8")

    await follower.until(lambda lines: len(lines) == 2, what="both", within_s=20)

    told = stream.getvalue()
    assert told.index("the ONT is up") < told.index("LIVE")
    assert [line["event"] for line in follower.lines] == ["process.step_ended", "ont.up"]


async def test_a_story_that_does_not_go_on_says_what_was_waited_for(tmp_path: Path) -> None:
    nothing = JsonLog(tmp_path / "nothing.log")
    follower = Follower(Voice(a_narrator(io.StringIO())), nothing, nothing)

    with pytest.raises(NotSeen, match="the bill"):
        await follower.until(lambda _lines: False, what="the bill", within_s=0.01)


def test_half_a_line_of_a_log_waits_for_its_other_half(tmp_path: Path) -> None:
    file = tmp_path / "log"
    log = JsonLog(file)
    file.write_bytes(b'{"n": 1}\nno json\n{"n":')

    first = log.fresh()
    with file.open("ab") as stream:
        stream.write(b" 2}\n")

    assert first == [{"n": 1}]
    assert log.fresh() == [{"n": 2}]
    assert log.lines() == [{"n": 1}, {"n": 2}]


async def test_waiting_ends_with_what_was_seen_or_with_a_sentence() -> None:
    looks = iter([None, None, "there"])

    async def look() -> str | None:
        return next(looks)

    async def look_in_vain() -> None:
        return None

    assert await until(look, what="it", within_s=20, every_s=0) == "there"
    with pytest.raises(NotSeen, match="not seen within 0 s: a bird"):
        await until(look_in_vain, what="a bird", within_s=0)
