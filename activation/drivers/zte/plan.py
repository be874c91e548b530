"""What a ZTE OLT's rows ask for: the write, the free id, or the reason why there is none. Pure."""

from collections.abc import Collection

from activation.drivers.zte import oids
from activation.drivers.zte.rows import OntRow
from activation.failures import (
    ConfigDiffers,
    Failure,
    ForeignOnt,
    IdTaken,
    OntNotRegistered,
    ProfileMissing,
    Refused,
    Unsupported,
)
from activation.requests import OntRef, OntSpec, ProfileKind, Promised
from sync_protocol.serials import OntSerial


def asks_for_more(spec: OntSpec) -> Unsupported | None:
    """Refuse what is more than a registration, before anything is read or written."""
    if spec.registration_alone:
        return None
    return Unsupported(
        what=f"a service for {spec.serial}",
        detail="a ZTE OLT is given T-CONT, GEM port and service port on its command line; by SNMP "
        "it registers an ONT that carries no traffic",
    )


def is_to_register(spec: OntSpec, ref: OntRef, row: OntRow | None) -> bool | Failure:
    """Decide whether a registration is to be written; False when it stands as specified.

    The description is not compared: engineers edit it.
    """
    if row is None:
        return True
    if row.serial != spec.serial:
        return IdTaken(ref=ref, taken_by=row.serial)
    differences = tuple(_differences(spec, row))
    return ConfigDiffers(ref=ref, differences=differences) if differences else False


def _differences(spec: OntSpec, row: OntRow) -> Collection[str]:
    wanted = spec.service_profile
    kind = [f"ONU type is {row.type_name!r}, specified {wanted!r}"]
    return [
        *(kind if row.type_name != wanted else ()),
        *(["it is disabled, specified enabled"] if row.enabled is False else ()),
    ]


def standing(row: OntRow | None, ref: OntRef, expect: OntSerial) -> OntRow | Failure:
    """Give the ONT that was expected at a place, or say who or what stands there."""
    if row is None:
        return OntNotRegistered(ref=ref, expected=expect)
    if row.serial != expect:
        return ForeignOnt(ref=ref, expected=expect, found=row.serial)
    return row


def free_ont_id(taken: Collection[int], promised: Promised) -> int | None:
    """Choose the lowest ONT id that neither the OLT nor a persisted allocation uses."""
    ids = range(oids.FIRST_ONT, oids.FIRST_ONT + oids.ONTS_PER_PORT)
    return next((i for i in ids if i not in taken and i not in promised.ont_ids), None)


def stand_in(ref: OntRef) -> int:
    """Number the service port that an allocation has and a registration alone has not.

    It is nowhere on the OLT. It is made of the place, so that it is the ONT's own on this OLT.

    >>> from activation.requests import PonPort
    >>> stand_in(OntRef(port=PonPort(frame=1, slot=2, port=1), ont_id=5))
    131333
    """
    return ref.port.slot * oids.PER_SLOT + ref.port.port * oids.PER_PORT + ref.ont_id


def refused_type(refused: Refused, spec: OntSpec) -> ProfileMissing | None:
    """Tell whether it was the ONU type that the OLT refused."""
    if not (refused.oid or "").startswith(f"{oids.ONT_TYPE}."):
        return None
    return ProfileMissing(kind=ProfileKind.SERVICE, name=spec.service_profile)
