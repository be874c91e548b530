"""The office's side of tablets over HTTP: technicians, enrolment codes, revocation, counts."""

from collections.abc import Mapping
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.acts import Actor, act_of
from server.database import Store
from server.people import secrets, technicians
from server.people.doors import require_access
from server.people.records import DISPATCH, OFFICE, Scope
from server.people.technicians import Technician
from server.sync import devices, queries
from server.sync.devices import EnrolmentCode
from server.sync.queries import DeviceCard
from sync_protocol.messages import VerdictKind


class TechnicianController(Controller):
    """Who works in the field and with which tablets."""

    path = "/api"

    @get("/technicians", guards=[require_access(Scope.JOBS_READ, *DISPATCH)])
    async def list_technicians(self, store: NamedDependency[Store]) -> tuple[Technician, ...]:
        """List technicians by name."""
        return await store.read(technicians.list_all)

    @post(
        "/technicians/{technician_id:uuid}/enrolment-code",
        guards=[require_access(Scope.PEOPLE_WRITE, *DISPATCH)],
    )
    async def issue_code(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        technician_id: FromPath[UUID],
    ) -> EnrolmentCode:
        """Make a one-time code for a new tablet; it is told this once."""
        return await store.write(
            devices.issue_code, technician_id, secrets.new_code(), act=act_of(actor)
        )

    @get("/devices", guards=[require_access(Scope.PEOPLE_WRITE, *DISPATCH)])
    async def list_devices(self, store: NamedDependency[Store]) -> tuple[DeviceCard, ...]:
        """List tablets; one in several incarnations was restored or copied."""
        return await store.read(queries.list_devices)

    @post(
        "/devices/{device_id:uuid}/revocation",
        guards=[require_access(Scope.PEOPLE_WRITE, *DISPATCH)],
    )
    async def revoke(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        device_id: FromPath[UUID],
    ) -> None:
        """Shut a tablet out."""
        await store.write(devices.revoke, device_id, act=act_of(actor))

    @get("/sync/operations", guards=[require_access(Scope.JOBS_READ, *OFFICE)])
    async def count_operations(self, store: NamedDependency[Store]) -> Mapping[VerdictKind, int]:
        """Count what tablets have sent, by verdict, each operation once."""
        return await store.read(queries.count_verdicts)
