"""Visit codes in a technician's words: how a visit ended, and what follows from each.

Which codes there are, which fit a kind and what each causes is said in ``sync_protocol``; here are
only the words, and how codes are grouped where one is chosen.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from field_client.pages.languages import N_, Language
from sync_protocol.documents import JobKind
from sync_protocol.visit_codes import NOT_DONE, Rebook, Told, find_code
from sync_protocol.visits import KINDS

CODES: Final[Mapping[str, str]] = {
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

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    N_("The customer"): ("N01", "N02", "N03", "N17"),
    N_("The light or the plant"): ("N05", "N06", "N07", "N08", "N09", "N16"),
    N_("The place"): ("N04", "N10", "N12", "N13", "N15"),
    N_("Our own"): ("N11", "N14", "N18"),
}
"""What was in the way, by whom or what one met it; together all codes of a visit in vain."""

_REBOOK: Final[Mapping[Rebook, str]] = {
    Rebook.NEVER: N_("Nobody goes there again for this."),
    Rebook.SOON: N_("Somebody goes there again at the next free time."),
    Rebook.WITH_CUSTOMER: N_("A new day is agreed with the customer, then somebody goes there."),
    Rebook.AFTER_CLEARANCE: N_("The cause is cleared first, then somebody goes there again."),
}
_TOLD: Final[Mapping[Told, str]] = {
    Told.CUSTOMER: N_("the customer"),
    Told.DISPATCH: N_("dispatch"),
    Told.NOC: N_("the network centre"),
    Told.PLANT: N_("plant construction"),
    Told.SALES: N_("sales"),
    Told.STOCK: N_("the store"),
}


class Reasons(msgspec.Struct, frozen=True, kw_only=True):
    """A group of reasons for leaving."""

    name: str
    codes: tuple["CodeChoice", ...]


class CodeChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which a visit ends. ``_codes.html``."""

    code: str
    text: str
    follows: str
    is_chosen: bool


def code_text(code: str, say: Language) -> str:
    """Say what a code means; one of another version stays as it is."""
    return say(CODES[code]) if code in CODES else code


def follows(code: str, say: Language) -> str:
    """Say what a code causes: the next visit, who has to hear of it, whether it may be charged."""
    known = find_code(code)
    if known is None:
        return ""
    parts: list[str] = []
    if code in NOT_DONE or known.needs_follow_up:
        parts.append(say(_REBOOK[known.rebook]))
    if known.tells:
        names = ", ".join(say(_TOLD[each]) for each in known.tells)
        parts.append(say("Has to hear of it: %(names)s.", names=names))
    if known.is_chargeable:
        parts.append(say("It may be charged to the customer."))
    return " ".join(parts)


def choices(codes: Iterable[str], chosen: str, say: Language) -> tuple[CodeChoice, ...]:
    """Offer codes, in the order of the table."""
    return tuple(
        CodeChoice(
            code=code,
            text=code_text(code, say),
            follows=follows(code, say),
            is_chosen=code == chosen,
        )
        for code in codes
    )


def reasons(kind: JobKind, chosen: str, say: Language) -> tuple[Reasons, ...]:
    """List the reasons for leaving a visit of this kind without finishing; no group is empty."""
    fitting = KINDS[kind].not_done
    groups = ((name, [code for code in codes if code in fitting]) for name, codes in GROUPS.items())
    return tuple(
        Reasons(name=say(name), codes=choices(codes, chosen, say))
        for name, codes in groups
        if codes
    )
