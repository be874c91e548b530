"""The page about drift, from records to its view. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from server.adoption.records import Drift, DriftsFound, OltRead, ProcessSince, Verdict
from server.adoption.repairing import MAY_REPAIR
from server.adoption.views import (
    DriftPageView,
    DriftView,
    OltReadView,
    ProcessSinceView,
    RepairView,
)
from server.console import wording
from server.console.views import frame
from server.fulfilment import fallout_view, process_view
from server.people.records import SignedIn

SECTION: Final = "network"
PATH: Final = "/network/drift"
SERVICES: Final = "/services"
_ZONE: Final = "UTC"
TITLES: Final[Mapping[Verdict, str]] = {
    Verdict.DIFFERS: "It is not configured as it should be",
    Verdict.MOVED: "It is registered elsewhere",
    Verdict.TAKEN: "Another ONT has its place",
    Verdict.MISSING: "It is not on the OLT",
    Verdict.TWICE: "It is registered twice",
    Verdict.STRANGER: "No service has it",
}
WHAT_TO_DO: Final[Mapping[Verdict, str]] = {
    Verdict.DIFFERS: "Re-provision it, or order what the OLT has (suspend, resume, change).",
    Verdict.MOVED: "Correct the plant's records, or register it where it belongs.",
    Verdict.TAKEN: "Find out whose ONT it is; remove it there, or order a swap.",
    Verdict.MISSING: "Re-provision it, or order the end of the service.",
    Verdict.TWICE: "Remove the registration that is not used.",
    Verdict.STRANGER: "Adopt it: firstlight network adopt. Or remove it on the OLT.",
}


def drift_view(
    olts: Sequence[OltRead], found: DriftsFound, *, signed_in: SignedIn, olt: str
) -> DriftPageView:
    """Say what the page says; ``olt`` is the chosen one, empty for all of them."""
    chosen = next((each for each in olts if each.external_id == olt), None)
    return DriftPageView(
        frame=frame(signed_in, "Drift", section=SECTION),
        olts=tuple(_olt_view(each, olt) for each in olts),
        drifts=tuple(_drift_view(each, found) for each in found.drifts),
        next_url=url_of(olt, str(found.drifts[-1].id)) if found.more else None,
        repair=None if chosen is None else _repair_view(chosen, signed_in),
    )


def _repair_view(read: OltRead, signed_in: SignedIn) -> RepairView | None:
    """Offer to set right what an OLT has lost, to whom may and where there is something."""
    if signed_in.user.role not in MAY_REPAIR or not read.missing:
        return None
    services = "missing service" if read.missing == 1 else "missing services"
    return RepairView(
        csrf_token=signed_in.csrf_token,
        olt=read.external_id,
        label=f"Re-provision {read.missing:,} {services}",
        explained="Each is registered again where the records say, one after the other. It goes by "
        "the last reading; the next one tells what came of it.",
    )


def _olt_view(read: OltRead, chosen: str) -> OltReadView:
    ports = f"{read.ports_read:,} {'port' if read.ports_read == 1 else 'ports'} read"
    if read.ports_unread:
        ports += f", {read.ports_unread:,} not"
    return OltReadView(
        name=read.name,
        url=url_of(read.external_id),
        is_chosen=read.external_id == chosen,
        read="not read yet" if read.read_at is None else _at(read.read_at),
        ports=ports,
        drifts=f"{read.drifts:,}",
    )


def _drift_view(drift: Drift, found: DriftsFound) -> DriftView:
    process = found.since.get(drift.service_id) if drift.service_id else None
    return DriftView(
        title=TITLES[drift.verdict],
        where=f"{found.names.get(drift.olt_id, 'an OLT')} {drift.ref}",
        serial=drift.serial,
        service_url=None if drift.service_id is None else f"{SERVICES}/{drift.service_id}",
        detail=drift.detail,
        since=_at(drift.first_seen_at),
        seen=_at(drift.seen_at),
        what_to_do=WHAT_TO_DO[drift.verdict],
        process=None if process is None else _process_view(process),
    )


def _process_view(process: ProcessSince) -> ProcessSinceView:
    """Say what was done about it since; whether that has helped, the next reading tells."""
    return ProcessSinceView(
        url=f"{process_view.PATH}/{process.id}",
        what=fallout_view.WHAT[process.intent],
        state=fallout_view.standing_chip(process.state),
    )


def _at(instant: datetime) -> str:
    return f"{wording.day(instant, _ZONE)}, {wording.clock(instant, _ZONE)}"


def url_of(olt: str, after: str = "") -> str:
    """Give the address of the page, of one OLT or after one difference."""
    asked = {name: value for name, value in (("olt", olt), ("after", after)) if value}
    return f"{PATH}?{urlencode(asked)}" if asked else PATH
