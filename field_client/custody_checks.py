"""What is strange about an ONT that is said to leave the van, or to come back into it. Pure."""

from field_client.serial_checks import Doubt, Stock, Warned, check_serial
from sync_protocol.ids import JobId
from sync_protocol.operations import OntMove
from sync_protocol.serials import OntSerial


def check_moved(
    serial: OntSerial, move: OntMove, *, running: str | None, elsewhere: JobId | None, stock: Stock
) -> tuple[Warned, ...]:
    """List the doubts; what is not known raises none.

    ``running`` is the ONT on which the service of the job runs; ``elsewhere`` another job on this
    tablet for which this serial was recorded.
    """
    if move is OntMove.INSTALLED:
        return check_serial(serial, reserved=None, elsewhere=elsewhere, stock=stock)
    is_here = stock.van is not None and serial in stock.van
    doubts: list[tuple[Doubt, str]] = []
    if move is OntMove.RECOVERED and is_here:
        doubts.append((Doubt.STILL_IN_VAN, "is in this van by the office's list"))
    if not is_here and running not in {None, serial}:
        doubts.append((Doubt.NOT_THE_ONE_THAT_RUNS, f"is not {running}, which runs there"))
    return tuple(Warned(doubt=doubt, detail=f"{serial} {detail}") for doubt, detail in doubts)
