"""The control API of the simulator: what an operator asks of it with curl, and what the demo reads.

Without authentication, so it belongs on 127.0.0.1.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.params import FromPath, FromQuery

from activation.simulator import hands
from activation.simulator.events import EventLog, as_line
from activation.simulator.exchange import Exchange, Stats
from activation.simulator.faults import Fault, FaultOrder
from activation.simulator.hands import OntChange, PortChange, Profile
from activation.simulator.mistakes import (
    InTheWay,
    NotThere,
    OntAlreadyPlugged,
    OntNotPlugged,
    PortUnknown,
)
from activation.simulator.reading import ValueWrong, convert, read_json
from activation.simulator.records import DownCause, FlowRow, OntRow, PluggedOnt, PonPort
from sync_protocol.serials import NotAnOntSerial, parse_serial

_STATUSES: Final[dict[type[Exception], int]] = {
    ValueWrong: 400,
    PortUnknown: 400,
    NotAnOntSerial: 400,
    NotThere: 404,
    OntNotPlugged: 404,
    InTheWay: 409,
    OntAlreadyPlugged: 409,
}


class OntState(msgspec.Struct, frozen=True, kw_only=True):
    """A registered ONT as the OLT sees it at this instant."""

    row: OntRow
    up: bool
    light_readable: bool
    acceptable: bool
    last_up_at: datetime | None
    last_down_at: datetime | None
    down_cause: DownCause


class OltState(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the OLT at one instant."""

    at: datetime
    ports: tuple[PonPort, ...]
    plugged: tuple[PluggedOnt, ...]
    found: tuple[str, ...]
    """Serials in the autofind table."""
    registered: tuple[OntState, ...]
    service_ports: tuple[FlowRow, ...]
    faults: tuple[Fault, ...]


def see(exchange: Exchange, now: datetime) -> OltState:
    """Describe the OLT at this instant."""
    olt = exchange.olt
    registered: list[OntState] = []
    for known in olt.registrations.values():
        link = olt.link(known, now)
        registered.append(
            OntState(
                row=known.row,
                up=link.up,
                light_readable=link.readable,
                acceptable=link.acceptable,
                last_up_at=known.last_up_at,
                last_down_at=known.last_down_at,
                down_cause=known.down_cause,
            )
        )
    ports = (olt.port(name) for name in olt.ports.values())
    return OltState(
        at=now,
        ports=tuple(port for port in ports if port is not None),
        plugged=tuple(olt.plugged()),
        found=tuple(found.ont.serial for found in olt.found.values()),
        registered=tuple(registered),
        service_ports=tuple(olt.flows.values()),
        faults=exchange.faults,
    )


class Desk(msgspec.Struct, frozen=True):
    """What the routes work on."""

    exchange: Exchange
    log: EventLog
    now: Callable[[], datetime]
    restart: Callable[[], Awaitable[None]]


@get("/state", sync_to_thread=False)
def show_state(desk: NamedDependency[Desk]) -> OltState:
    """Answer what is on the OLT."""
    return see(desk.exchange, desk.now())


@get("/stats", sync_to_thread=False)
def show_stats(desk: NamedDependency[Desk]) -> Stats:
    """Answer the counts of requests."""
    return desk.exchange.stats()


@get("/events", sync_to_thread=False)
def list_events(
    desk: NamedDependency[Desk], event: FromQuery[str | None] = None
) -> list[dict[str, Any]]:
    """Answer the log, oldest first; ``?event=ont.up`` picks one kind."""
    return [as_line(row) for row in desk.log.latest if event in (None, row.event)]


@post("/onts")
async def plug_ont(desk: NamedDependency[Desk], request: Request[Any, Any, Any]) -> PluggedOnt:
    """Put an ONT on a fiber."""
    ont = read_json(await request.body(), PluggedOnt)
    desk.exchange.olt.plug(ont, desk.now())
    desk.exchange.on_change()
    return ont


@delete("/onts/{serial:str}", sync_to_thread=False)
def unplug_ont(desk: NamedDependency[Desk], serial: FromPath[str]) -> None:
    """Take an ONT off its fiber."""
    desk.exchange.olt.unplug(parse_serial(serial), desk.now())
    desk.exchange.on_change()


@patch("/onts/{serial:str}")
async def change_plugged_ont(
    desk: NamedDependency[Desk], serial: FromPath[str], request: Request[Any, Any, Any]
) -> PluggedOnt:
    """Change light or power of an ONT."""
    change = read_json(await request.body(), OntChange)
    ont = hands.change_plugged(desk.exchange.olt, parse_serial(serial), change, desk.now())
    desk.exchange.on_change()
    return ont


@patch("/ports")
async def change_port(desk: NamedDependency[Desk], request: Request[Any, Any, Any]) -> PonPort:
    """Cut or mend the fiber of a port, or set how many ONTs it takes."""
    change = read_json(await request.body(), PortChange)
    port = hands.change_port(desk.exchange.olt, change, desk.now())
    desk.exchange.on_change()
    return port


@post("/registrations")
async def register_ont(desk: NamedDependency[Desk], request: Request[Any, Any, Any]) -> OntRow:
    """Register an ONT by hand."""
    row = read_json(await request.body(), OntRow)
    hands.register(desk.exchange.olt, row, desk.now())
    desk.exchange.on_change()
    return row


@delete("/registrations/{serial:str}", sync_to_thread=False)
def deregister_ont(desk: NamedDependency[Desk], serial: FromPath[str]) -> None:
    """Delete a registered ONT by hand, with its service ports."""
    hands.deregister(desk.exchange.olt, parse_serial(serial), desk.now())
    desk.exchange.on_change()


@post("/profiles")
async def add_profile(desk: NamedDependency[Desk], request: Request[Any, Any, Any]) -> Profile:
    """Add a profile."""
    profile = read_json(await request.body(), Profile)
    hands.add_profile(desk.exchange.olt, profile)
    desk.exchange.reread()
    return profile


@delete("/profiles/{kind:str}/{name:str}", sync_to_thread=False)
def remove_profile(desk: NamedDependency[Desk], kind: FromPath[str], name: FromPath[str]) -> None:
    """Remove a profile."""
    profile = convert({"kind": kind, "name": name}, Profile)
    hands.remove_profile(desk.exchange.olt, profile)
    desk.exchange.reread()


@post("/save", sync_to_thread=False, status_code=204)
def save_configuration(desk: NamedDependency[Desk]) -> None:
    """Keep the configuration beyond the next restart."""
    desk.exchange.olt.save(desk.now())


@post("/restart", status_code=204)
async def restart_olt(desk: NamedDependency[Desk]) -> None:
    """Restart the OLT; what was not saved is lost."""
    await desk.restart()


@post("/faults")
async def start_fault(desk: NamedDependency[Desk], request: Request[Any, Any, Any]) -> Fault:
    """Play a fault."""
    return desk.exchange.start_fault(read_json(await request.body(), FaultOrder))


@delete("/faults", sync_to_thread=False)
def clear_faults(desk: NamedDependency[Desk]) -> None:
    """End every fault."""
    desk.exchange.clear_faults()


def build_control(
    exchange: Exchange,
    log: EventLog,
    now: Callable[[], datetime],
    restart: Callable[[], Awaitable[None]],
) -> Litestar:
    """Build the control API around a running exchange; ``restart`` restarts it and its agent."""
    desk = Desk(exchange, log, now, restart)
    return Litestar(
        route_handlers=[
            show_state,
            show_stats,
            list_events,
            plug_ont,
            unplug_ont,
            change_plugged_ont,
            change_port,
            register_ont,
            deregister_ont,
            add_profile,
            remove_profile,
            save_configuration,
            restart_olt,
            start_fault,
            clear_faults,
        ],
        dependencies={"desk": Provide(lambda: desk, sync_to_thread=False)},
        exception_handlers={
            **dict.fromkeys(_STATUSES, _refuse),
            NotFoundException: _refuse_path,
            MethodNotAllowedException: _refuse_path,
        },
        openapi_config=None,
        logging_config=None,
    )


_ROUTES: Final = (
    "GET /state, GET /stats, GET /events, POST /onts, PATCH /onts/SERIAL, DELETE /onts/SERIAL, "
    "PATCH /ports, POST /registrations, DELETE /registrations/SERIAL, POST /profiles, "
    "DELETE /profiles/KIND/NAME, POST /save, POST /restart, POST /faults, DELETE /faults"
)


def _refuse_path(
    request: Request[Any, Any, Any], error: NotFoundException | MethodNotAllowedException
) -> Response[dict[str, Any]]:
    detail = f"no {request.method} {request.url.path}; there are {_ROUTES}"
    body = {"status_code": error.status_code, "detail": detail}
    return Response(body, status_code=error.status_code, headers=error.headers)


def _refuse(_: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    status = _STATUSES[type(error)]
    return Response({"status_code": status, "detail": str(error)}, status_code=status)
