"""Where an ONT is registered, by the serials that a port or the whole OLT showed. Pure."""

from collections.abc import Mapping, Sequence

from activation.requests import At, Located, LocationUnknown, Many, OntRef, PonPort
from sync_protocol.serials import OntSerial

NOT_READ = "other ports were not read"


def refs_of(serial: OntSerial, port: PonPort, serials: Mapping[int, str]) -> tuple[OntRef, ...]:
    """Name the places of a serial among the registrations of one port."""
    ids = sorted(ont_id for ont_id, found in serials.items() if found == serial)
    return tuple(OntRef(port=port, ont_id=ont_id) for ont_id in ids)


def located(refs: Sequence[OntRef]) -> At | Many | None:
    """Name the places found; None when there are none."""
    match tuple(refs):
        case ():
            return None
        case (ref,):
            return At(ref=ref)
        case many:
            return Many(refs=many)


def located_on(
    port: PonPort, serial: OntSerial, serials: Mapping[int, str], *, complete: bool
) -> Located:
    """Say what the serials of one port say of one of them."""
    place = located(refs_of(serial, port, serials))
    if place is not None:
        return place
    if complete:
        return LocationUnknown(searched=(port,), reason=NOT_READ)
    return LocationUnknown(searched=(), reason=f"the table of {port} was not read to its end")
