"""The rules of docs/protocol.md once more, in dicts and texts, sharing nothing with the policy."""

from collections.abc import Sequence
from typing import Any, Final

OPEN: Final = ("assigned", "accepted", "en_route", "on_site", "working", "paused")
_BEFORE: Final = {
    "accept": OPEN[:1],
    "depart": OPEN[:2],
    "arrive": OPEN[:3],
    "start": OPEN[:4],
    "pause": ("working",),
    "resume": ("paused",),
    "give_up": OPEN,
    "abort": OPEN,
    "complete": (*OPEN, "not_done", "aborted"),
    "assign": (*OPEN, "unassigned", "not_done", "aborted"),
    "cancel": (*OPEN, "unassigned", "not_done", "aborted"),
}
_AFTER: Final = {
    "accept": "accepted",
    "depart": "en_route",
    "arrive": "on_site",
    "start": "working",
    "pause": "paused",
    "resume": "working",
    "give_up": "not_done",
    "abort": "aborted",
    "complete": "completed",
    "assign": "assigned",
    "cancel": "cancelled",
}
_SHARED: Final = {"access_notes", "contact_phone", "technician_remark"}
_OFFICE: Final = {"appointment", "assignee", "priority"}
Answer = tuple[str, str | None]
Told = tuple[str, str | None, tuple[str, ...] | None]
"""An issue: verdict, code, and of a field that clashed its name, base, field and office value."""


def leads(state: str, event: str) -> str | None:
    """Say where an event leads from a state; None where it is not legal."""
    return _AFTER[event] if state in _BEFORE[event] else None


class OracleJob:
    """One job as the page says it stands; absent jobs are None where jobs are kept."""

    def __init__(self) -> None:
        self.state = "unassigned"
        self.version = 0
        self.assignee: int | None = None
        self.crew: tuple[int, ...] = ()
        self.fields: dict[str, tuple[str, int]] = {}
        self.captures: dict[int, int] = {}
        self.evidence: list[tuple[int, bool]] = []
        self.issues: list[Told] = []
        self._clash: tuple[str, ...] | None = None

    def office(self, event: str, *said: Any) -> None:  # noqa: ANN401  as the event has it
        if event == "edit":
            name, value = said
            self.fields[name] = (value, self.fields.get(name, ("", 0))[1] + 1)
        elif event == "crew":
            self.crew = said[0]
        elif (target := leads(self.state, event)) is not None:
            self.state, self.version = target, self.version + 1
            if event == "assign":
                self.assignee = said[0]

    def take(self, actor: int, kind: str, said: Sequence[Any]) -> Answer:
        self._clash = None
        mine = actor == self.assignee or actor in self.crew
        answer: Answer = getattr(self, f"_{kind}")(*said, mine=mine)
        if answer[0] not in {"applied", "merged"}:
            self.issues.append((*answer, self._clash))
        return answer

    def _capture(self, key: int, content: int, *, mine: bool) -> Answer:
        if key in self.captures:
            same = self.captures[key] == content
            return ("merged", None) if same else ("rejected", "id_reuse")
        self.captures[key] = content
        if not mine or self.state in {"completed", "cancelled"}:
            return "merged", "late"
        return "applied", None

    def _move(self, event: str, base: int, *, mine: bool) -> Answer:
        if event in {"complete", "give_up", "assign", "cancel"}:
            return "rejected", "not_a_field_event"
        return self._go(event, base, mine=mine)

    def _give_up(self, base: int, *, mine: bool) -> Answer:
        return self._go("give_up", base, mine=mine)

    def _go(self, event: str, base: int, *, mine: bool) -> Answer:
        if not mine:
            return "kept_as_conflict", "not_assigned"
        target = leads(self.state, event)
        if target is None:
            return "parked", "illegal_transition"
        seen = base == self.version
        self.state, self.version = target, self.version + 1
        return ("applied" if seen else "merged"), None

    def _field(self, name: str, value: str, base: int, before: str, *, mine: bool) -> Answer:
        if name not in _SHARED:
            return "rejected", "owner_field" if name in _OFFICE else "unknown_field"
        if not mine:
            self._clash = (name, before, value, "")
            return "kept_as_conflict", "not_assigned"
        current, version = self.fields.get(name, ("", 0))
        if version != base and current == value:
            return "merged", None
        self.fields[name] = (value, version + 1)
        if version == base:
            return "applied", None
        self._clash = (name, before, value, current)
        return "kept_as_conflict", "edited_on_both_sides"

    def _complete(
        self, key: int, base: int, named: Sequence[tuple[int, int]], *, mine: bool
    ) -> Answer:
        faulty = any(self.captures.get(capture) != content for capture, content in named)
        self.evidence.append((key, not mine and not faulty))
        if faulty:
            return "parked", "missing_captures"
        if self.state == "completed":
            return "kept_as_conflict", "already_completed"
        if self.state == "cancelled":
            return "parked", "job_cancelled"
        target = leads(self.state, "complete")
        if target is None:
            return "parked", "illegal_transition"
        seen = base == self.version
        self.state, self.version = target, self.version + 1
        if not mine:
            return "merged", "late"
        return ("applied" if seen else "merged"), None
