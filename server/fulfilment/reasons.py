"""Why a process does not go on: each coded reason in plain words, who owns it, what to do next.

The one table of it: pages, the API and owners read from here. The walk through all codes that can
occur is a test.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from server.console.wording import phrase
from server.people.records import Role


class Reason(msgspec.Struct, frozen=True):
    """What a code means to a person who has never seen it."""

    words: str
    next_step: str
    owner: Role = Role.NOC


# What a technician has to bring again is agreed with them.
_EVIDENCE: Final[Mapping[str, Reason]] = {
    "EVIDENCE_INCOMPLETE": Reason(
        "The completion does not prove the work: something is missing or was altered",
        "Ask the technician for what the detail names; it goes on by itself when that arrives",
        Role.DISPATCHER,
    ),
    "EVIDENCE_UNSIGNED": Reason(
        "The completion carries no signature of its tablet",
        "Let the technician complete the job again on an enrolled tablet",
        Role.DISPATCHER,
    ),
    "EVIDENCE_SIGNATURE_WRONG": Reason(
        "The signature is not of the tablet that sent the completion",
        "Find out which tablet it was before anything of it is used",
        Role.DISPATCHER,
    ),
}
_OF_THE_ONT: Final[Mapping[str, Reason]] = {
    "ONT_NOT_SEEN": Reason(
        "The OLT does not see the ONT",
        "Have power, fiber and serial checked at the premise; it is looked for by itself",
    ),
    "ONT_WRONG_PON": Reason(
        "The ONT is lit on another port than planned",
        "Correct the plant record or the patching, then retry",
    ),
    "ONT_SERIAL_DUP": Reason(
        "The serial is registered elsewhere already, or belongs to another service",
        "Find out which premise has this ONT; free the old place, or correct the serial",
    ),
    "ONT_ID_TAKEN": Reason(
        "The id that was reserved is taken by another ONT on the OLT",
        "Retry takes another id; if it comes back, find out who writes to this OLT by hand",
    ),
    "ONT_FOREIGN": Reason(
        "Another ONT stands where ours was expected; it was left alone",
        "Find out on the OLT whose it is, then retry",
    ),
    "ONT_NOT_REGISTERED": Reason(
        "The registration is gone from the OLT",
        "Retry registers it again; ask who deleted it, or whether the OLT restarted",
    ),
    "ONT_CONFIG_DIFFERS": Reason(
        "The ONT is registered otherwise than ordered; it was left as it is",
        "Compare the differences, correct the OLT or the product, then retry",
    ),
    "ONT_OFFLINE": Reason(
        "The ONT is registered and not online",
        "Have power and fiber checked at the premise; it is looked for by itself",
    ),
    "ONT_CONFIG_FAILED": Reason(
        "The ONT is online, but the OLT could not configure it",
        "Check ONT model and profiles on the OLT, then retry",
    ),
    "ONT_CONFIG_PENDING": Reason(
        "The ONT is online and still being configured",
        "Wait; if it stays so, restart the ONT",
    ),
    "ONT_MISMATCH": Reason(
        "The ports of the ONT are not those of its service profile",
        "Check the ONT model against the product",
    ),
    "LIGHT_OUT_OF_WINDOW": Reason(
        "The ONT is online with light that no sound path gives",
        "Send somebody to the fiber: connector, bend, or a wrong splitter port",
    ),
    "LIGHT_UNREADABLE": Reason(
        "The ONT is online, but its light level cannot be read",
        "Wait for the next look; if it stays so, check the OLT's optics query for this model",
    ),
}
_OF_THE_OLT: Final[Mapping[str, Reason]] = {
    "OLT_UNREACHABLE": Reason(
        "The OLT does not answer",
        "Check management network, address and community; it goes on by itself",
    ),
    "OLT_BUSY": Reason(
        "The OLT answers that it cannot just now",
        "Wait; if it stays so, look at the load of the OLT",
    ),
    "OLT_UNINTELLIGIBLE": Reason(
        "The OLT answers something that its driver cannot read",
        "Compare driver and firmware with the quality file of the driver",
    ),
    "AUTH_REJECTED": Reason(
        "The OLT does not allow it",
        "Correct the credentials in the settings, or the rights on the OLT, then retry",
    ),
    "OUTCOME_UNKNOWN": Reason(
        "A write was sent, and its outcome is not known yet",
        "Nothing: it is read back by itself. Do not change this ONT by hand meanwhile",
    ),
    "OLT_REFUSED": Reason(
        "The OLT refused a write",
        "Look at the exchange of the last attempt, correct the OLT, then retry",
    ),
    "LISTING_INCOMPLETE": Reason(
        "A table of the OLT was not read to its end, so nothing can be called absent",
        "It goes on by itself; if it stays so, check the way to the OLT",
    ),
    "UNSUPPORTED": Reason(
        "The driver, or this OLT, cannot do that",
        "Do it by hand on the OLT, or call it off",
    ),
    "PARTIAL_CONFIG": Reason(
        "Some of it is written on the OLT, then a step failed",
        "Mend what the detail names, then retry: it goes on from where it stopped",
    ),
    "PORT_FULL": Reason(
        "No ONT id is free on the port",
        "Free ids on the port, or plan the premise on another one",
    ),
    "PORT_UNKNOWN": Reason(
        "The OLT has no such PON port",
        "Correct the plant record, or put the board in",
    ),
    "PROFILE_MISSING": Reason(
        "The OLT lacks a profile of the product",
        "Create the profile on the OLT, or correct the product, then retry",
    ),
    "FLOW_CONFLICT": Reason(
        "The service port that was reserved belongs to another ONT",
        "An activation takes another one by itself. For a running service: free it on the OLT, "
        "then retry",
    ),
    "FLOWS_EXHAUSTED": Reason(
        "The OLT has no free service port",
        "Remove service ports that nobody uses, then retry",
    ),
    "VLAN_MISSING": Reason(
        "The OLT refuses the VLAN of the product",
        "Create the VLAN on the OLT, or correct the product, then retry",
    ),
}
_OF_OURS: Final[Mapping[str, Reason]] = {
    "IDS_TAKEN": Reason(
        "The ids that were chosen were reserved for another service at the same moment",
        "Nothing: others are chosen by itself",
    ),
    "IDS_UNKNOWN": Reason(
        "It is not recorded where the ONT of this service is registered",
        "Find the ONT on the OLTs and change it there by hand, then call this off",
    ),
    "PROCESS_AHEAD": Reason(
        "An earlier process of the same service is not done",
        "Look after the earlier one; this one follows by itself",
    ),
    "SERVICE_STATE": Reason(
        "The service is in a state in which this is not possible",
        "Compare order and service; call it off if the order is out of date",
    ),
    "PLANT_UNKNOWN": Reason(
        "The plant record lacks a value, so the light cannot be judged",
        "Complete optic class and splitter in the plant data, then retry",
    ),
    "CONFIGURATION_MISSING": Reason(
        "Plant or settings lack something: a drop, credentials, or the driver of the OLT",
        "Add what the detail names, then retry",
    ),
    "DRIVER_BUG": Reason(
        "The driver failed in a way that it must not",
        "Report the detail with the exchange; look at the ONT on the OLT before you retry",
        Role.ADMIN,
    ),
    "NO_SESSION": Reason(
        "There is light, and no session of the subscriber",
        "Ask whether the router is on, then look at the server that gives out sessions; it is "
        "looked for by itself",
    ),
    "SESSION_SOURCE_UNAVAILABLE": Reason(
        "The server that knows of sessions does not answer",
        "Check the way to it and its credentials in the settings; it goes on by itself",
    ),
    "STEP_FAILED": Reason(
        "A step of the server failed in a way that it must not; no OLT was asked in it",
        "Report the detail and the log of that moment",
        Role.ADMIN,
    ),
}
REASONS: Final[Mapping[str, Reason]] = {**_EVIDENCE, **_OF_THE_ONT, **_OF_THE_OLT, **_OF_OURS}


def reason_of(code: str) -> Reason:
    """Give what a code means; one that a worker of a newer version wrote is shown as it is.

    >>> reason_of("OLT_BUSY").words, reason_of("NEWER_CODE").words
    ('The OLT answers that it cannot just now', 'Newer code')
    """
    return REASONS.get(code) or Reason(phrase(code.lower()), "Look at its attempts")
