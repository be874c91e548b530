"""What the console says of alarms."""

from collections.abc import Mapping
from typing import Final

from server.alarms.records import AlarmKind, Severity
from server.jobs.words import Tone

_ALARMS: Final[Mapping[AlarmKind, str]] = {
    AlarmKind.LOSS_OF_SIGNAL: "The ONT is dark, and nothing says that it lost its power",
    AlarmKind.DYING_GASP: "The ONT said that its power went: plug or street, not the fiber",
    AlarmKind.DEGRADATION: "The ONT receives much less light than when it went live",
    AlarmKind.OLT_UNREACHABLE: "The OLT does not answer",
}
SEVERITY_TONES: Final[Mapping[Severity, Tone]] = {
    Severity.CRITICAL: Tone.ATTENTION,
    Severity.MAJOR: Tone.ATTENTION,
    Severity.MINOR: Tone.WAITING,
    Severity.WARNING: Tone.QUIET,
}


def alarm_words(kind: AlarmKind) -> str:
    """Say what an alarm tells."""
    return _ALARMS[kind]
