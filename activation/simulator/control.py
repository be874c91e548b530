"""The control API of the simulator: what an operator asks of it with curl, and what the demo reads.

Without authentication, so it belongs on 127.0.0.1.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, Response, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.params import FromPath, FromQuery

from activation.simulator.events import EventLog, as_line
from activation.simulator.exchange import Exchange, Stats
from activation.simulator.faults import Fault, FaultOrder
from activation.simulator.mistakes import OntAlreadyPlugged, OntNotPlugged, PortUnknown
from activation.simulator.reading import ValueWrong, read_json
from activation.simulator.records import FlowRow, OntRow, PluggedOnt, PonPort
from sync_protocol.serials import NotAnOntSerial, parse_serial

_STATUSES: Final[dict[type[Exception], int]] = {
    ValueWrong: 400,
    PortUnknown: 400,
    NotAnOntSerial: 400,
    OntNotPlugged: 404,
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


@post("/faults")
async def start_fault(desk: NamedDependency[Desk], request: Request[Any, Any, Any]) -> Fault:
    """Play a fault."""
    return desk.exchange.start_fault(read_json(await request.body(), FaultOrder))


@delete("/faults", sync_to_thread=False)
def clear_faults(desk: NamedDependency[Desk]) -> None:
    """End every fault."""
    desk.exchange.clear_faults()


def build_control(exchange: Exchange, log: EventLog, now: Callable[[], datetime]) -> Litestar:
    """Build the control API around a running exchange."""
    desk = Desk(exchange, log, now)
    return Litestar(
        route_handlers=[
            show_state,
            show_stats,
            list_events,
            plug_ont,
            unplug_ont,
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
    "GET /state, GET /stats, GET /events, POST /onts, DELETE /onts/SERIAL, POST /faults, "
    "DELETE /faults"
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
