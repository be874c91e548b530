"""Following a job from the push to the mail: two logs, told as one story while they grow."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from server.demo.narration import Voice
from server.demo.watching import JsonLog, Line, NotSeen, instant_of
from sync_protocol.units import format_dbm

_SETTLED_AFTER: Final = timedelta(milliseconds=250)
"""Lines are told this late, so that those of two logs come in the order of their instants."""
_LOOK_EVERY_S: Final = 0.05


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the story and who says it."""

    at: datetime
    who: str
    what: str
    style: str = ""


def tell_server(line: Line) -> Told | None:
    """Put a line of the server's log into words; None for one that the story leaves out."""
    if "timestamp" not in line:
        return None
    at = instant_of(line.get("committed_at", line["timestamp"]))
    match line:
        case {"event": "sync_session.finished", "operations": int(count)} if count:
            what = f"RECEIVED: {count} operations committed, each with its verdict"
            return Told(at=at, who="server", what=what, style="bold")
        case {"event": "process.step_ended", "step": step, "state": state, "code": code}:
            return _tell_step(at, step, state, code)
        case {"event": "webhook.attempted", "attempt": attempt, "outcome": outcome}:
            return Told(at=at, who="billing", what=f"webhook, attempt {attempt}: {outcome}")
        case {"event": "notification.settled", "state": state}:
            return Told(at=at, who="mail", what=f"the subscriber's mail is {state}")
        case _:
            return None


def _tell_step(at: datetime, step: str, state: str, code: str | None) -> Told:
    told = _STEPS.get((step, state))
    if told is not None and code is None:
        return Told(at=at, who="server", what=told, style="bold" if step == "go_live" else "")
    if step == "verify_online" and state == "waiting":
        return Told(at=at, who="server", what=f"looks for it on the OLT: {code}, looks again later")
    return Told(at=at, who="server", what=f"{step}: {state}{f', {code}' if code else ''}")


_STEPS: Final = {
    ("verify_evidence", "leased"): "evidence verified: serial, light, photos, device's signature",
    ("register", "waiting"): "registered and read back over SNMP; looking again in 2 s",
    ("verify_online", "leased"): "seen online with its light",
    ("go_live", "done"): "LIVE: service active, invoice line and completion event in one commit",
}


def tell_olt(line: Line) -> Told | None:
    """Put a line of the simulator's log into words."""
    at = instant_of(line["at"])
    match line:
        case {"event": "set.accepted", "table": "ont", "action": action, "port": port}:
            return Told(
                at=at, who="OLT", what=f"SET accepted: ONT {line['serial']} on {port} ({action})"
            )
        case {"event": "set.accepted", "table": table}:
            return Told(at=at, who="OLT", what=f"SET accepted: {table.replace('_', ' ')}")
        case {"event": "set.rejected", "reason": reason}:
            return Told(at=at, who="OLT", what=f"SET refused: {reason}")
        case {"event": "ont.up"}:
            return Told(at=at, who="OLT", what="the ONT is up; its light is not readable yet")
        case {"event": "ont.acceptable"}:
            return Told(at=at, who="OLT", what="the ONT is up, configured, its light readable")
        case _:
            return None


class Follower:
    """Reads a server's and an OLT's log from now on and tells what is new in them."""

    def __init__(self, voice: Voice, server: JsonLog, olt: JsonLog) -> None:
        self._voice = voice
        self._sources = ((server, tell_server), (olt, tell_olt))
        self._waiting: list[Told] = []
        self.lines: list[Line] = []
        for log, _ in self._sources:
            log.fresh()

    async def until(
        self, is_over: Callable[[list[Line]], bool], *, what: str, within_s: float
    ) -> None:
        """Tell until the lines so far say that it is over.

        Raises:
            NotSeen: it was not over in time.
        """
        deadline = asyncio.get_running_loop().time() + within_s
        while not is_over(self.lines):
            if asyncio.get_running_loop().time() > deadline:
                self._tell(None)
                raise NotSeen(f"not seen within {within_s:g} s: {what}")
            await asyncio.sleep(_LOOK_EVERY_S)
            self._look()
            self._tell(self._voice.narrator.now() - _SETTLED_AFTER)
        self._tell(None)

    def _look(self) -> None:
        for log, tell in self._sources:
            for line in log.fresh():
                self.lines.append(line)
                told = tell(line)
                if told is not None:
                    self._waiting.append(told)

    def _tell(self, before: datetime | None) -> None:
        ready = [told for told in self._waiting if before is None or told.at <= before]
        self._waiting = [told for told in self._waiting if told not in ready]
        for told in sorted(ready, key=lambda one: one.at):
            self._voice.say(told.who, told.what, at=told.at, style=told.style)


def tell_power(power_dbm: float | None) -> str:
    """Write a level as people read it.

    >>> tell_power(-19.12), tell_power(None)
    ('-19.12 dBm', 'unreadable')
    """
    return "unreadable" if power_dbm is None else f"{format_dbm(round(power_dbm * 100))} dBm"
