"""Visit codes as a technician chooses among them: grouped by what is in the way."""

from collections.abc import Mapping
from typing import Final

import msgspec

from field_client.pages.languages import N_, Language

DONE_CODES: Final[Mapping[str, str]] = {
    "D01": N_("Installed, service verified"),
    "D02": N_("Installed, activation pending"),
    "D03": N_("Installed, light marginal, accepted by supervisor"),
    "D04": N_("Partial: drop done, inside pending"),
    "D05": N_("Repaired: connector cleaned"),
    "D06": N_("Repaired: drop re-spliced or replaced"),
    "D07": N_("ONT or CPE swapped"),
    "D08": N_("Plant fault repaired"),
    "D09": N_("No fault found"),
    "D10": N_("Disconnected, ONT recovered"),
    "D11": N_("Disconnected, ONT not recovered"),
    "D12": N_("Moved"),
}

_DONE_BY_KIND: Final[Mapping[str, tuple[str, ...]]] = {
    "install": ("D02", "D01", "D03", "D04"),
    "repair": ("D05", "D06", "D07", "D08", "D09"),
    "swap": ("D07",),
    "disconnect": ("D10", "D11"),
    "move": ("D12",),
}

NOT_DONE_CODES: Final[Mapping[str, str]] = {
    "N01": N_("Nobody at home"),
    "N02": N_("No access: locked, dog, tenant"),
    "N03": N_("Customer refused or wants another day"),
    "N04": N_("Consent of the building or landlord is missing"),
    "N05": N_("No light at the terminal"),
    "N06": N_("Light below the limit, plant work needed"),
    "N07": N_("Drop damaged"),
    "N08": N_("Duct blocked, or construction needed"),
    "N09": N_("Terminal full, or the port does not match"),
    "N10": N_("Wrong address or premise data"),
    "N11": N_("ONT defective, wrong model, or none in the van"),
    "N12": N_("No power or unsafe wiring on site"),
    "N13": N_("Unsafe: weather, height, hazard"),
    "N14": N_("Ran out of time, or a skill is missing"),
    "N15": N_("Previous provider still on the line"),
    "N16": N_("OLT or PON outage"),
    "N17": N_("Order cancelled on site"),
    "N18": N_("Duplicate job"),
}

_GROUPS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    (
        N_("The customer"),
        N_("The office calls the customer and finds another day."),
        ("N01", "N02", "N03", "N17"),
    ),
    (
        N_("The light or the plant"),
        N_("Plant work is planned first, then the visit again."),
        ("N05", "N06", "N07", "N08", "N09", "N16"),
    ),
    (
        N_("The place"),
        N_("The office clears this before somebody comes again."),
        ("N04", "N10", "N12", "N13", "N15"),
    ),
    (
        N_("Our own"),
        N_("The office plans the visit again; the customer is told."),
        ("N11", "N14", "N18"),
    ),
)


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """A group of reasons and what they cause."""

    name: str
    follows: str
    codes: tuple["ReasonCode", ...]


class ReasonCode(msgspec.Struct, frozen=True, kw_only=True):
    """One reason."""

    code: str
    text: str


def done_codes(kind: str) -> tuple[str, ...]:
    """List the codes with which a job of this kind is usually done, the usual one first."""
    return _DONE_BY_KIND.get(kind, tuple(DONE_CODES))


def reasons(say: Language) -> tuple[Reason, ...]:
    """List the reasons for leaving without finishing."""
    return tuple(
        Reason(
            name=say(name),
            follows=say(follows),
            codes=tuple(ReasonCode(code=code, text=say(NOT_DONE_CODES[code])) for code in codes),
        )
        for name, follows, codes in _GROUPS
    )
