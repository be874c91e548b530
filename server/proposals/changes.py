"""What an accepted proposal changes by itself. Pure.

Only what a row of an import holds in the very form that a technician can type; all else a person
changes where it is kept, in the operator's own system or by an import.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from server.input_words import shown
from server.problems import WrongInput
from server.proposals.records import Change, Proposal
from sync_protocol.operations import Subject


def find_change(proposal: Proposal) -> Change | None:
    """Read what is proposed; None: nothing of ours is changed by it.

    Raises:
        WrongInput: the proposed value is none for this field; says what would be right.
    """
    reader = _READERS.get((proposal.subject, proposal.field))
    return None if reader is None else reader(proposal.proposed_value)


def _read_position(text: str) -> Change:
    """Read degrees as maps write them: "52.52001, 13.40495"; decimals with a point."""
    latitude, _, longitude = text.partition(",")
    try:
        values = {"latitude": float(latitude), "longitude": float(longitude)}
    except ValueError as error:
        raise WrongInput(
            f"position is {shown(text)}; it must be latitude and longitude in degrees, like "
            "52.52001, 13.40495"
        ) from error
    return Change(kind="premises", values=values)


_WHOLE: Final = re.compile(r"[0-9]{1,4}")


def _read_port(text: str) -> Change:
    if not _WHOLE.fullmatch(text):
        raise WrongInput(f"terminal_port is {shown(text)}; it must be a whole number, like 3")
    return Change(kind="drops", values={"terminal_port": int(text)})


_READERS: Final[Mapping[tuple[Subject, str], Callable[[str], Change]]] = {
    (Subject.PREMISE, "position"): _read_position,
    (Subject.PLANT, "terminal_port"): _read_port,
}
