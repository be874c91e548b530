"""Visit codes: how a visit ended, as the trade names it. A closed list where people enter it.

Only the tablet checks a code, where a technician can still correct it. A server takes any, for a
tablet of another version may know more, and evidence is never refused.

A code is never given another meaning; one that falls out of use stays readable by staying here.
What a code causes is told here for people; it starts nothing by itself.
"""

import enum
from collections.abc import Mapping
from typing import Final

import msgspec

from sync_protocol.quoting import quoted


class Responsible(enum.StrEnum):
    """Whose doing it was that a visit did not reach its end."""

    CUSTOMER = "customer"
    OPERATOR = "operator"
    THIRD_PARTY = "third_party"
    NATURE = "nature"


class Rebook(enum.StrEnum):
    """What has to come before somebody goes there again."""

    NEVER = "never"
    SOON = "soon"
    """Nothing but the next free time of a technician."""
    WITH_CUSTOMER = "with_customer"
    """A time that the customer agrees to."""
    AFTER_CLEARANCE = "after_clearance"
    """Plant work, a consent, corrected data, or the end of what made it unsafe."""


class Told(enum.StrEnum):
    """Who has to hear of it."""

    CUSTOMER = "customer"
    DISPATCH = "dispatch"
    NOC = "noc"
    PLANT = "plant"
    SALES = "sales"
    STOCK = "stock"


class VisitCode(msgspec.Struct, frozen=True):
    """A code's meaning, and what it causes. A visit that was in vain may be charged for."""

    meaning: str
    responsible: Responsible | None = None
    rebook: Rebook = Rebook.NEVER
    tells: tuple[Told, ...] = ()
    is_chargeable: bool = False

    @property
    def needs_follow_up(self) -> bool:
        """Whether something is left to do before the matter is closed."""
        return self.rebook is not Rebook.NEVER


_R, _B, _T = Responsible, Rebook, Told
DONE: Final[Mapping[str, VisitCode]] = {
    "D01": VisitCode("installed, service verified", tells=(_T.CUSTOMER,)),
    "D02": VisitCode("installed, activation pending", tells=(_T.NOC,)),
    "D03": VisitCode("installed, light marginal, accepted by supervisor", tells=(_T.NOC,)),
    "D04": VisitCode(
        "partial: drop done, inside pending", _R.OPERATOR, _B.WITH_CUSTOMER, (_T.DISPATCH,)
    ),
    "D05": VisitCode("repaired: connector cleaned", tells=(_T.CUSTOMER,)),
    "D06": VisitCode("repaired: drop re-spliced or replaced", tells=(_T.CUSTOMER, _T.PLANT)),
    "D07": VisitCode("ONT or CPE swapped", tells=(_T.NOC, _T.STOCK)),
    "D08": VisitCode("plant fault repaired", tells=(_T.NOC, _T.PLANT)),
    "D09": VisitCode("no fault found", tells=(_T.CUSTOMER,), is_chargeable=True),
    "D10": VisitCode("disconnected, ONT recovered", tells=(_T.NOC, _T.STOCK)),
    "D11": VisitCode(
        "disconnected, ONT not recovered", _R.CUSTOMER, tells=(_T.NOC, _T.STOCK), is_chargeable=True
    ),
    "D12": VisitCode("moved", tells=(_T.NOC,)),
}
"""What a completion may say."""

NOT_DONE: Final[Mapping[str, VisitCode]] = {
    "N01": VisitCode(
        "customer no-show",
        _R.CUSTOMER,
        _B.WITH_CUSTOMER,
        (_T.CUSTOMER, _T.DISPATCH),
        is_chargeable=True,
    ),
    "N02": VisitCode(
        "no access: locked, dog, tenant",
        _R.CUSTOMER,
        _B.WITH_CUSTOMER,
        (_T.CUSTOMER, _T.DISPATCH),
        is_chargeable=True,
    ),
    "N03": VisitCode(
        "customer refused or rescheduled", _R.CUSTOMER, _B.WITH_CUSTOMER, (_T.DISPATCH, _T.SALES)
    ),
    "N04": VisitCode(
        "building or landlord consent missing",
        _R.THIRD_PARTY,
        _B.AFTER_CLEARANCE,
        (_T.CUSTOMER, _T.SALES),
    ),
    "N05": VisitCode("no light at terminal", _R.OPERATOR, _B.AFTER_CLEARANCE, (_T.NOC, _T.PLANT)),
    "N06": VisitCode(
        "light below limit, plant work needed", _R.OPERATOR, _B.AFTER_CLEARANCE, (_T.PLANT,)
    ),
    "N07": VisitCode("drop damaged", _R.OPERATOR, _B.AFTER_CLEARANCE, (_T.PLANT,)),
    "N08": VisitCode(
        "duct blocked or construction needed", _R.OPERATOR, _B.AFTER_CLEARANCE, (_T.PLANT, _T.SALES)
    ),
    "N09": VisitCode(
        "terminal full or port mismatch", _R.OPERATOR, _B.AFTER_CLEARANCE, (_T.PLANT,)
    ),
    "N10": VisitCode(
        "wrong address or premise data", _R.OPERATOR, _B.AFTER_CLEARANCE, (_T.DISPATCH, _T.SALES)
    ),
    "N11": VisitCode(
        "ONT defective, wrong model or none in van", _R.OPERATOR, _B.SOON, (_T.DISPATCH, _T.STOCK)
    ),
    "N12": VisitCode(
        "no power or unsafe wiring at site",
        _R.CUSTOMER,
        _B.WITH_CUSTOMER,
        (_T.CUSTOMER, _T.DISPATCH),
    ),
    "N13": VisitCode(
        "unsafe: weather, height, hazard", _R.NATURE, _B.AFTER_CLEARANCE, (_T.CUSTOMER, _T.DISPATCH)
    ),
    "N14": VisitCode(
        "ran out of time or skill missing", _R.OPERATOR, _B.SOON, (_T.CUSTOMER, _T.DISPATCH)
    ),
    "N15": VisitCode(
        "previous provider still on line",
        _R.THIRD_PARTY,
        _B.AFTER_CLEARANCE,
        (_T.CUSTOMER, _T.SALES),
    ),
    "N16": VisitCode("OLT or PON outage", _R.OPERATOR, _B.AFTER_CLEARANCE, (_T.NOC,)),
    "N17": VisitCode("order cancelled on site", _R.CUSTOMER, tells=(_T.SALES,)),
    "N18": VisitCode("duplicate job", _R.OPERATOR, tells=(_T.DISPATCH,)),
}
"""What giving up may say."""


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


def find_code(code: str) -> VisitCode | None:
    """Look up a code; None for one that this version does not know."""
    return DONE.get(code) or NOT_DONE.get(code)


def find_meaning(code: str) -> str | None:
    """Say what a code means; None for one that this version does not know."""
    found = find_code(code)
    return None if found is None else found.meaning


def _check(code: str, possible: Mapping[str, VisitCode], ended: str) -> str:
    if code not in possible:
        listed = "; ".join(f"{known} {said.meaning}" for known, said in possible.items())
        raise NotAVisitCode(f"{quoted(code)} is no code of {ended}; possible are: {listed}")
    return code
