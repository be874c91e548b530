"""Which source is asked for the services of which OLT."""

import contextlib
from collections.abc import AsyncGenerator, Iterator, Mapping
from zoneinfo import ZoneInfo

import httpx
import msgspec

from server.database.engines import DatabaseUnusable, parse_url
from server.session_sources.identifiers import IdentifierTemplate, IdentifierUnusable
from server.session_sources.kea import KeaLeasesSource
from server.session_sources.radius import RadiusAccountingSource
from server.session_sources.records import SessionSource
from server.session_sources.wanted import KeaLeases, RadiusAccounting, Wanted
from server.settings import Settings


class NamedSource(msgspec.Struct, frozen=True, kw_only=True):
    """A source under the name that the settings give it."""

    name: str
    template: IdentifierTemplate
    source: SessionSource


class SessionSources(msgspec.Struct, frozen=True, kw_only=True):
    """The sources of an installation, and what their silence means."""

    named: Mapping[str, NamedSource]
    default: str
    """Empty: none, but for the OLTs in ``of_olts``."""
    of_olts: Mapping[str, str]
    """By the id under which an OLT was imported; empty: none."""
    is_required: bool
    """Nothing goes live while its source does not answer."""

    def of(self, olt: str) -> NamedSource | None:
        """Find the source for the services of an OLT."""
        return self.named.get(self.of_olts.get(olt, self.default))


@contextlib.asynccontextmanager
async def opened_sources(settings: Settings) -> AsyncGenerator[SessionSources | None]:
    """Give the sources that any OLT uses while the context lasts; None where there are none."""
    used = {settings.session_source, *settings.session_source_of_olts.values()} - {""}
    if not used:
        yield None
        return
    named = {name: _open(name, settings.session_sources[name]) for name in sorted(used)}
    try:
        yield SessionSources(
            named=named,
            default=settings.session_source,
            of_olts=settings.session_source_of_olts,
            is_required=settings.session_proof == "required",
        )
    finally:
        for each in named.values():
            await each.source.close()


def _open(name: str, wanted: Wanted) -> NamedSource:
    template = IdentifierTemplate(wanted.identifier)
    match wanted:
        case RadiusAccounting():
            source: SessionSource = RadiusAccountingSource(wanted)
        case KeaLeases():
            source = KeaLeasesSource(wanted)
    return NamedSource(name=name, template=template, source=source)


def find_unusable(settings: Settings) -> Iterator[str]:
    """Name each setting about sessions that cannot be used, with what would be right."""
    known = ", ".join(sorted(settings.session_sources)) or "none"
    for place, name in {
        "session_source": settings.session_source,
        **{
            f"session_source_of_olts.{olt}": name
            for olt, name in settings.session_source_of_olts.items()
        },
    }.items():
        if name and name not in settings.session_sources:
            yield f"{place}: {name!r} is none of the session_sources; there are: {known}"
    for name, wanted in sorted(settings.session_sources.items()):
        for field, complaint in _complaints(wanted):
            yield f"session_sources.{name}.{field}: {complaint}"


def _complaints(wanted: Wanted) -> Iterator[tuple[str, str]]:
    try:
        IdentifierTemplate(wanted.identifier)
    except IdentifierUnusable as error:
        yield "identifier", str(error)
    match wanted:
        case RadiusAccounting(url=url, zone=zone):
            try:
                parse_url(url.reveal())
            except DatabaseUnusable as error:
                yield "url", str(error)
            try:
                ZoneInfo(zone)
            except (LookupError, ValueError):
                yield "zone", f"{zone!r} is no time zone; write one like Europe/Berlin"
        case KeaLeases(url=text):
            if not _is_http(text):
                yield "url", "it is no address like http://127.0.0.1:8000/, without a user in it"


def _is_http(text: str) -> bool:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return False
    return url.scheme in {"http", "https"} and bool(url.host) and not url.userinfo
