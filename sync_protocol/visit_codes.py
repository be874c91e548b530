"""Visit codes: how a visit ended, as the trade names it. A closed list where people enter it.

Only the tablet checks a code, where a technician can still correct it. A server takes any, for a
tablet of another version may know more, and evidence is never refused.

A code is never given another meaning; one that falls out of use stays readable by staying here.
"""

from collections.abc import Mapping
from typing import Final

from sync_protocol.quoting import quoted

DONE: Final[Mapping[str, str]] = {
    "D01": "installed, service verified",
    "D02": "installed, activation pending",
    "D03": "installed, light marginal, accepted by supervisor",
    "D04": "partial: drop done, inside pending",
    "D05": "repaired: connector cleaned",
    "D06": "repaired: drop re-spliced or replaced",
    "D07": "ONT or CPE swapped",
    "D08": "plant fault repaired",
    "D09": "no fault found",
    "D10": "disconnected, ONT recovered",
    "D11": "disconnected, ONT not recovered",
    "D12": "moved",
}
"""What a completion may say, each with its meaning."""

NOT_DONE: Final[Mapping[str, str]] = {
    "N01": "customer no-show",
    "N02": "no access: locked, dog, tenant",
    "N03": "customer refused or rescheduled",
    "N04": "building or landlord consent missing",
    "N05": "no light at terminal",
    "N06": "light below limit, plant work needed",
    "N07": "drop damaged",
    "N08": "duct blocked or construction needed",
    "N09": "terminal full or port mismatch",
    "N10": "wrong address or premise data",
    "N11": "ONT defective, wrong model or none in van",
    "N12": "no power or unsafe wiring at site",
    "N13": "unsafe: weather, height, hazard",
    "N14": "ran out of time or skill missing",
    "N15": "previous provider still on line",
    "N16": "OLT or PON outage",
    "N17": "order cancelled on site",
    "N18": "duplicate job",
}
"""What giving up may say, each with its meaning."""


class NotAVisitCode(ValueError):
    """No code for a visit that ended so; nothing was recorded. The text lists those that are."""


def check_done(code: str) -> str:
    """Take a code of a job that was done.

    Raises:
        NotAVisitCode: names the text and the codes that are possible.
    """
    return _check(code, DONE, "a job that was done")


def check_not_done(code: str) -> str:
    """Take a code of a job that was not done.

    Raises:
        NotAVisitCode: as ``check_done``.
    """
    return _check(code, NOT_DONE, "a job that was not done")


def find_meaning(code: str) -> str | None:
    """Say what a code means; None for one that this version does not know."""
    return DONE.get(code) or NOT_DONE.get(code)


def _check(code: str, possible: Mapping[str, str], ended: str) -> str:
    if code not in possible:
        listed = "; ".join(f"{known} {meaning}" for known, meaning in possible.items())
        raise NotAVisitCode(f"{quoted(code)} is no code of {ended}; possible are: {listed}")
    return code
