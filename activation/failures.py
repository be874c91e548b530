"""Everything that can keep an ONT from going live, as values.

Each member answers three questions: its ``code`` for pages and filters, whether the device was
touched (``None``: nobody knows), and whether the same request may be made again unchanged in the
hope of another answer. ``str(failure)`` is the sentence for a person. Drivers return these and
never raise them.
"""

from typing import ClassVar

import msgspec

from activation.requests import ConfigState, OntRef, PonPort, ProfileKind
from sync_protocol.optics import Cause, Verdict
from sync_protocol.serials import OntSerial
from sync_protocol.units import RxPowerCdbm, format_dbm


class _Failure(msgspec.Struct, frozen=True, kw_only=True, tag_field="code"):
    _touched: ClassVar[bool | None] = False
    _retry: ClassVar[bool] = False

    @property
    def code(self) -> str:
        """The name under which a NOC files it; also the tag on the wire."""
        return str(self.__struct_config__.tag)

    @property
    def touched_device(self) -> bool | None:
        """Whether anything was changed on the device; None when that is unknown."""
        return self._touched

    @property
    def may_retry(self) -> bool:
        """Whether the same request, unchanged, may succeed later."""
        return self._retry


class OntNotSeen(_Failure, frozen=True, kw_only=True, tag="ONT_NOT_SEEN"):
    """The OLT sees no such ONT: no power, no light, or a serial read wrongly."""

    _retry = True
    serial: OntSerial
    port: PonPort

    def __str__(self) -> str:
        return f"{self.serial} is not seen on port {self.port}; check its power, fiber and serial"


class OntOnOtherPort(_Failure, frozen=True, kw_only=True, tag="ONT_WRONG_PON"):
    """The ONT is lit, but on another port than planned: plant record or patching is wrong."""

    serial: OntSerial
    planned: PonPort
    seen_at: PonPort

    def __str__(self) -> str:
        return f"{self.serial} is seen on port {self.seen_at}, planned is {self.planned}"


class SerialConflict(_Failure, frozen=True, kw_only=True, tag="ONT_SERIAL_DUP"):
    """The serial is registered elsewhere on this OLT; moving it needs somebody's approval."""

    serial: OntSerial
    at: tuple[OntRef, ...]
    """Empty when the OLT refuses the serial as a double but does not say where the other is."""

    def __str__(self) -> str:
        places = ", ".join(str(ref) for ref in self.at) or "a place that the OLT does not name"
        return f"{self.serial} is already registered at {places}"


class IdTaken(_Failure, frozen=True, kw_only=True, tag="ONT_ID_TAKEN"):
    """The allocated id belongs to another ONT; allocate anew."""

    ref: OntRef
    taken_by: str

    def __str__(self) -> str:
        return f"{self.ref} is taken by {self.taken_by}; allocate another id"


class ForeignOnt(_Failure, frozen=True, kw_only=True, tag="ONT_FOREIGN"):
    """Another ONT stands where ours was expected; it was left alone."""

    ref: OntRef
    expected: OntSerial
    found: str

    def __str__(self) -> str:
        return f"{self.ref} holds {self.found}, expected {self.expected}; nothing was changed"


class OntNotRegistered(_Failure, frozen=True, kw_only=True, tag="ONT_NOT_REGISTERED"):
    """No row where one was written: lost by a restart of the OLT, or deleted by hand."""

    _retry = True
    ref: OntRef
    expected: OntSerial

    def __str__(self) -> str:
        return f"{self.ref} is empty, expected {self.expected}; register it again"


class ConfigDiffers(_Failure, frozen=True, kw_only=True, tag="ONT_CONFIG_DIFFERS"):
    """Our ONT is registered, but otherwise than specified; it was left as it is."""

    ref: OntRef
    differences: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.ref} is configured otherwise: {'; '.join(self.differences)}"


class PortFull(_Failure, frozen=True, kw_only=True, tag="PORT_FULL"):
    """No ONT id is free on the port."""

    port: PonPort

    def __str__(self) -> str:
        return f"port {self.port} has no free ONT id"


class PortUnknown(_Failure, frozen=True, kw_only=True, tag="PORT_UNKNOWN"):
    """The OLT has no such PON port; the plant record is wrong or a board is missing."""

    port: PonPort

    def __str__(self) -> str:
        return f"the OLT has no PON port {self.port}; check the plant record"


class ProfileMissing(_Failure, frozen=True, kw_only=True, tag="PROFILE_MISSING"):
    """The OLT has no profile of that name; an engineer creates it or corrects the product."""

    kind: ProfileKind
    name: str

    def __str__(self) -> str:
        return f"the OLT has no {self.kind} profile {self.name!r}"


class FlowConflict(_Failure, frozen=True, kw_only=True, tag="FLOW_CONFLICT"):
    """The service port index belongs to another ONT; allocate anew."""

    service_port: int
    taken_by: OntRef

    def __str__(self) -> str:
        return f"service port {self.service_port} belongs to {self.taken_by}"


class FlowsExhausted(_Failure, frozen=True, kw_only=True, tag="FLOWS_EXHAUSTED"):
    """The OLT has no free service port index."""

    port: PonPort

    def __str__(self) -> str:
        return f"the OLT has no free service port for an ONT on {self.port}"


class VlanMissing(_Failure, frozen=True, kw_only=True, tag="VLAN_MISSING"):
    """The OLT refuses the service VLAN; an engineer creates it or corrects the product."""

    vlan: int

    def __str__(self) -> str:
        return f"the OLT refuses VLAN {self.vlan}; create it on the OLT or correct the product"


class OntOffline(_Failure, frozen=True, kw_only=True, tag="ONT_OFFLINE"):
    """Registered and not online. The service is held, never billed."""

    _touched = True
    _retry = True
    ref: OntRef
    down_cause: str | None

    def __str__(self) -> str:
        return f"{self.ref} is registered but offline; cause: {self.down_cause or 'not reported'}"


class ConfigFailed(_Failure, frozen=True, kw_only=True, tag="ONT_CONFIG_FAILED"):
    """Online, but the OLT could not bring its configuration into the ONT."""

    _touched = True
    ref: OntRef
    state: ConfigState

    def __str__(self) -> str:
        return f"{self.ref} is online but its configuration state is {self.state}"


class ConfigPending(_Failure, frozen=True, kw_only=True, tag="ONT_CONFIG_PENDING"):
    """Online, and still being configured when patience ended."""

    _touched = True
    _retry = True
    ref: OntRef
    state: ConfigState

    def __str__(self) -> str:
        return f"{self.ref} is online and still being configured ({self.state})"


class OntMismatch(_Failure, frozen=True, kw_only=True, tag="ONT_MISMATCH"):
    """The ports of the ONT are not those of its service profile. A warning: traffic may flow."""

    _touched = True
    ref: OntRef

    def __str__(self) -> str:
        return f"{self.ref} does not match its service profile; check the ONT model"


class LightOutOfWindow(_Failure, frozen=True, kw_only=True, tag="LIGHT_OUT_OF_WINDOW"):
    """Online with light that no sound path gives; somebody must look at the fiber."""

    _touched = True
    ref: OntRef
    rx_power_cdbm: RxPowerCdbm
    predicted_cdbm: RxPowerCdbm
    verdict: Verdict
    causes: tuple[Cause, ...]

    def __str__(self) -> str:
        return (
            f"{self.ref} receives {format_dbm(self.rx_power_cdbm)} dBm, "
            f"predicted are {format_dbm(self.predicted_cdbm)} dBm"
        )


class LightUnreadable(_Failure, frozen=True, kw_only=True, tag="LIGHT_UNREADABLE"):
    """Online, but the ONT did not tell its light level while we asked."""

    _touched = True
    _retry = True
    ref: OntRef
    reason: str

    def __str__(self) -> str:
        return f"the light level of {self.ref} cannot be read: {self.reason}"


class OltUnreachable(_Failure, frozen=True, kw_only=True, tag="OLT_UNREACHABLE"):
    """No answer, and nothing that writes was sent. A wrong community looks the same in v2c."""

    _retry = True
    olt: str
    detail: str

    def __str__(self) -> str:
        return f"{self.olt} does not answer ({self.detail}); check network, address and credentials"


class OltBusy(_Failure, frozen=True, kw_only=True, tag="OLT_BUSY"):
    """The OLT answered that it cannot just now; nothing was changed."""

    _retry = True
    olt: str
    detail: str

    def __str__(self) -> str:
        return f"{self.olt} is busy ({self.detail})"


class OltUnintelligible(_Failure, frozen=True, kw_only=True, tag="OLT_UNINTELLIGIBLE"):
    """The answer could not be understood: another protocol, another firmware, a broken agent."""

    olt: str
    detail: str

    def __str__(self) -> str:
        return f"{self.olt} answers something unintelligible ({self.detail})"


class AuthRejected(_Failure, frozen=True, kw_only=True, tag="AUTH_REJECTED"):
    """The OLT knows us and does not allow it; correct the credentials or its views."""

    olt: str
    detail: str

    def __str__(self) -> str:
        return f"{self.olt} does not allow it ({self.detail}); check who asks and what they may do"


class OutcomeUnknown(_Failure, frozen=True, kw_only=True, tag="OUTCOME_UNKNOWN"):
    """A write was sent and nobody knows what came of it.

    ``apply`` reads before it writes, so the same request with the same allocation may be made
    again. Never roll back on this.
    """

    _touched = None
    _retry = True
    step: str
    detail: str

    def __str__(self) -> str:
        return f"the outcome of {self.step} is unknown ({self.detail}); it will be read back"


class Refused(_Failure, frozen=True, kw_only=True, tag="OLT_REFUSED"):
    """The OLT refused a write for a reason that reading could not find out."""

    step: str
    status: str
    oid: str | None

    def __str__(self) -> str:
        return f"the OLT refused {self.step}: {self.status} at {self.oid or 'no particular value'}"


class ListingIncomplete(_Failure, frozen=True, kw_only=True, tag="LISTING_INCOMPLETE"):
    """A table could not be read to its end, so nothing may be called absent or free."""

    _retry = True
    table: str
    detail: str

    def __str__(self) -> str:
        return f"the table of {self.table} was not read to its end ({self.detail})"


class Unsupported(_Failure, frozen=True, kw_only=True, tag="UNSUPPORTED"):
    """This driver, or this OLT in its present mode, cannot do that."""

    what: str
    detail: str

    def __str__(self) -> str:
        return f"{self.what} is not supported: {self.detail}"


class PartlyApplied(_Failure, frozen=True, kw_only=True, tag="PARTIAL_CONFIG"):
    """Some steps were written, then one failed. What is done is kept; a retry goes on from it."""

    _touched = True
    ref: OntRef
    done: tuple[str, ...]
    because: "Failure"

    @property
    def may_retry(self) -> bool:
        """As the failure that stopped it says."""
        return self.because.may_retry

    def __str__(self) -> str:
        return f"{self.ref}: {', '.join(self.done)} done, then {self.because}"


Failure = (
    OntNotSeen
    | OntOnOtherPort
    | SerialConflict
    | IdTaken
    | ForeignOnt
    | OntNotRegistered
    | ConfigDiffers
    | PortFull
    | PortUnknown
    | ProfileMissing
    | FlowConflict
    | FlowsExhausted
    | VlanMissing
    | OntOffline
    | ConfigFailed
    | ConfigPending
    | OntMismatch
    | LightOutOfWindow
    | LightUnreadable
    | OltUnreachable
    | OltBusy
    | OltUnintelligible
    | AuthRejected
    | OutcomeUnknown
    | Refused
    | ListingIncomplete
    | Unsupported
    | PartlyApplied
)
