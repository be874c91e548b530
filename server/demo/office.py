"""The office's side: the API, as other systems use it, and the console, as people do."""

import re
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TypeVar
from uuid import UUID

import httpx
import msgspec

from server.audit import AuditEntry
from server.demo.ground import Site
from server.fulfilment.queries import Fulfilment
from server.orders.records import PlacedOrder, WantedOrder
from server.people.technicians import Technician
from server.sync.devices import EnrolmentCode
from sync_protocol.messages import VerdictKind

T = TypeVar("T")


class _Event(msgspec.Struct, frozen=True):
    id: str
    sequence: int | str


class _Page(msgspec.Struct, frozen=True):
    events: tuple[_Event, ...]
    next_cursor: str


class Sold(msgspec.Struct, frozen=True, kw_only=True):
    """An order for a site, and the job that came of it."""

    placed: PlacedOrder
    site: Site
    account: str

    @property
    def job_id(self) -> UUID:
        """The job of the order."""
        return self.placed.job_id


class Office:
    """Calls one server: with an API token, and as a dispatcher with a session."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._api = httpx.AsyncClient(
            base_url=url, timeout=20, headers={"Authorization": f"Bearer {token}"}
        )
        self._console = httpx.AsyncClient(base_url=url, timeout=20)
        self._csrf = ""

    async def close(self) -> None:
        """Give the connections back."""
        await self._api.aclose()
        await self._console.aclose()

    async def sign_in(self, email: str, password: str) -> None:
        """Begin a session as a person does, and take the CSRF token off a page."""
        form = {"email": email, "password": password}
        answer = await self._console.post("/sign-in", data=form)
        if answer.status_code != HTTPStatus.SEE_OTHER:
            raise httpx.HTTPStatusError(
                "the console does not let us in", request=answer.request, response=answer
            )
        page = (await self._console.get("/jobs")).raise_for_status().text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        self._csrf = found[1] if found else ""

    async def assign(self, job_id: UUID, technician_id: UUID) -> None:
        """Give a job to a technician, by the form on its page."""
        form = {"technician_id": str(technician_id), "csrf_token": self._csrf}
        answer = await self._console.post(f"/jobs/{job_id}/assign", data=form)
        if answer.status_code != HTTPStatus.SEE_OTHER:
            answer.raise_for_status()

    async def enrolment_code(self, technician_id: UUID) -> EnrolmentCode:
        """Make a one-time code for a tablet, as the dispatcher."""
        path = f"/api/technicians/{technician_id}/enrolment-code"
        answer = await self._console.post(path, headers={"X-CSRF-Token": self._csrf})
        return _read(answer, EnrolmentCode)

    async def sell(
        self, number: str, account: str, site: Site, product: str, starts_at: datetime
    ) -> Sold:
        """Place an order, as the web shop does."""
        order = WantedOrder(
            number=number,
            account=account,
            premise=site.premise,
            product=product,
            appointment_starts_at=starts_at,
            appointment_ends_at=starts_at + timedelta(hours=2),
        )
        answer = await self._api.post("/api/orders", content=msgspec.json.encode(order))
        return Sold(placed=_read(answer, PlacedOrder), site=site, account=account)

    async def technicians(self) -> dict[str, Technician]:
        """List technicians by personnel number."""
        listed = _read(await self._api.get("/api/technicians"), tuple[Technician, ...])
        return {one.external_id: one for one in listed}

    async def fulfilment(self, job_id: UUID) -> Fulfilment:
        """Ask what a job's completion has caused."""
        return _read(await self._api.get(f"/api/jobs/{job_id}/fulfilment"), Fulfilment)

    async def timeline(self, job_id: UUID) -> tuple[AuditEntry, ...]:
        """Ask what happened to a job."""
        answer = await self._api.get(f"/api/jobs/{job_id}/timeline")
        return _read(answer, tuple[AuditEntry, ...])

    async def operations(self) -> dict[VerdictKind, int]:
        """Ask how many operations have which verdict, each counted once."""
        return _read(await self._api.get("/api/sync/operations"), dict[VerdictKind, int])

    async def push_feed_to(self, url: str, secret_name: str) -> None:
        """Have the completion feed pushed to a receiver."""
        body = {"url": url, "secret_name": secret_name}
        _read(await self._api.post("/api/webhooks", json=body), dict[str, UUID])

    async def feed_length(self) -> int:
        """Pull the completion feed from its beginning; how many events it holds."""
        return len(await self._pull())

    async def position_of(self, event_id: str) -> int | None:
        """Find the position of an event in the feed; None for one that is not there."""
        return next((int(one.sequence) for one in await self._pull() if one.id == event_id), None)

    async def _pull(self) -> list[_Event]:
        pulled: list[_Event] = []
        after: str | None = None
        while True:
            params = {} if after is None else {"after": after}
            page = _read(await self._api.get("/feed/completions", params=params), _Page)
            if not page.events:
                return pulled
            pulled += page.events
            after = page.next_cursor


def _read(answer: httpx.Response, kind: type[T]) -> T:
    """Decode an answer.

    Raises:
        HTTPStatusError: the server refused; its reason is in the text.
    """
    if not answer.is_success:
        raise httpx.HTTPStatusError(
            f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}: "
            f"{answer.text[:500]}",
            request=answer.request,
            response=answer,
        )
    return msgspec.json.decode(answer.content, type=kind)
