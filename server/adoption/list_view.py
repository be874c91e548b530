"""The page about drift, from records to its view. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from server.adoption.records import Drift, OltRead, Verdict
from server.adoption.views import DriftPageView, DriftView, OltReadView
from server.console import wording
from server.console.views import frame
from server.people.records import SignedIn

SECTION: Final = "network"
PATH: Final = "/network/drift"
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
    Verdict.DIFFERS: "Order what is wanted (suspend, resume, change) or correct it on the OLT.",
    Verdict.MOVED: "Correct the plant's records, or register it where it belongs.",
    Verdict.TAKEN: "Find out whose ONT it is; remove it there, or order a swap.",
    Verdict.MISSING: "Register it again, or order the end of the service.",
    Verdict.TWICE: "Remove the registration that is not used.",
    Verdict.STRANGER: "Adopt it: firstlight network adopt. Or remove it on the OLT.",
}


def drift_view(
    olts: Sequence[OltRead],
    drifts: Sequence[Drift],
    names: Mapping[UUID, str],
    signed_in: SignedIn,
    *,
    olt: str,
    more: bool,
) -> DriftPageView:
    """Say what the page says; ``names`` are those of the OLTs by their ids."""
    return DriftPageView(
        frame=frame(signed_in, "Drift", section=SECTION),
        olts=tuple(_olt_view(each, olt) for each in olts),
        drifts=tuple(_drift_view(each, names) for each in drifts),
        next_url=_url(olt, str(drifts[-1].id)) if more else None,
    )


def _olt_view(read: OltRead, chosen: str) -> OltReadView:
    ports = f"{read.ports_read:,} ports read"
    if read.ports_unread:
        ports += f", {read.ports_unread:,} not"
    return OltReadView(
        name=read.name,
        url=_url(read.external_id),
        is_chosen=read.external_id == chosen,
        read="not read yet" if read.read_at is None else _at(read.read_at),
        ports=ports,
        drifts=f"{read.drifts:,}",
    )


def _drift_view(drift: Drift, names: Mapping[UUID, str]) -> DriftView:
    return DriftView(
        title=TITLES[drift.verdict],
        where=f"{names.get(drift.olt_id, 'an OLT')} {drift.ref}",
        serial=drift.serial,
        service="" if drift.service_id is None else str(drift.service_id),
        detail=drift.detail,
        since=_at(drift.first_seen_at),
        seen=_at(drift.seen_at),
        what_to_do=WHAT_TO_DO[drift.verdict],
    )


def _at(instant: datetime) -> str:
    return f"{wording.day(instant, _ZONE)}, {wording.clock(instant, _ZONE)}"


def _url(olt: str, after: str = "") -> str:
    asked = {name: value for name, value in (("olt", olt), ("after", after)) if value}
    return f"{PATH}?{urlencode(asked)}" if asked else PATH
