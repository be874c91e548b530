"""What a technician may propose to correct: a closed list on the tablet, words for people.

A server takes any name of up to 200 characters and keeps it: another version may know more, and a
proposal is not lost over one. Whether an accepted one changes data by itself is the server's
business.
"""

from collections.abc import Mapping
from typing import Final

from sync_protocol.operations import Subject
from sync_protocol.quoting import quoted

FIELDS: Final[Mapping[Subject, Mapping[str, str]]] = {
    Subject.PREMISE: {
        "address": "address",
        "unit": "unit or floor",
        "position": "position (latitude, longitude)",
        "access_notes": "how to get in",
        "hazards": "hazards",
    },
    Subject.PLANT: {
        "splitter": "splitter",
        "terminal": "terminal",
        "terminal_port": "port of the terminal",
        "drop_length_m": "length of the drop in metres",
    },
}


class NotCorrectable(ValueError):
    """No such thing is corrected from a tablet; nothing was recorded."""


def check_field(subject: Subject, field: str) -> str:
    """Check that a field can be corrected.

    >>> check_field(Subject.PLANT, "terminal_port")
    'terminal_port'

    Raises:
        NotCorrectable: names the field and those of the subject.
    """
    if field not in FIELDS[subject]:
        known = ", ".join(FIELDS[subject])
        raise NotCorrectable(
            f"{quoted(field)} of the {subject} is not corrected; these are: {known}"
        )
    return field
