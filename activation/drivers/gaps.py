"""What a driver answers to the day-2 verbs until it can do them: a failure, never a guess.

Inherit from it in a new driver, and override what the vendor can do; the capabilities say which.
"""

# ruff: noqa: ARG002  a refusal needs none of its arguments

from typing import ClassVar

from activation.failures import Failure, Unsupported
from activation.requests import (
    Allocation,
    Applied,
    Listing,
    NoChange,
    OntRef,
    OntSpec,
    PolledOnt,
    PonPort,
    Rebooting,
    RegisteredOnt,
    Saved,
    ServicePort,
)
from sync_protocol.serials import OntSerial


def flow_left_out(spec: OntSpec) -> Unsupported | None:
    """Refuse a registration alone, for a driver that always makes the flow, too."""
    if not spec.registration_alone:
        return None
    return Unsupported(
        what=f"registering {spec.serial} alone",
        detail="this driver makes the service with it; ask for the service",
    )


class Day2Gaps:
    """Every verb beyond registering, as something that this driver does not do."""

    gap: ClassVar[str] = "the driver does not do it"
    """Why, in words for an engineer."""

    async def suspend(
        self, allocation: Allocation, expect: OntSerial
    ) -> Applied | NoChange | Failure:
        """Answer that it is not supported."""
        return self._unsupported("suspending an ONT")

    async def resume(
        self, allocation: Allocation, expect: OntSerial
    ) -> Applied | NoChange | Failure:
        """Answer that it is not supported."""
        return self._unsupported("resuming an ONT")

    async def change_profile(
        self, spec: OntSpec, allocation: Allocation
    ) -> Applied | NoChange | Failure:
        """Answer that it is not supported."""
        return self._unsupported("changing the profiles of an ONT")

    async def swap(
        self, spec: OntSpec, allocation: Allocation, replaced: OntSerial
    ) -> Applied | NoChange | Failure:
        """Answer that it is not supported."""
        return self._unsupported("swapping an ONT")

    async def reboot(self, ref: OntRef, expect: OntSerial) -> Rebooting | Failure:
        """Answer that it is not supported."""
        return self._unsupported("restarting an ONT")

    async def save_configuration(self) -> Saved | Failure:
        """Answer that it is not supported."""
        return self._unsupported("saving the configuration")

    async def list_registered(self, port: PonPort) -> Listing[RegisteredOnt] | Failure:
        """Answer that it is not supported."""
        return self._unsupported("listing what is registered")

    async def list_service_ports(self) -> Listing[ServicePort] | Failure:
        """Answer that it is not supported."""
        return self._unsupported("listing the service ports")

    async def poll(self, port: PonPort) -> Listing[PolledOnt] | Failure:
        """Answer that it is not supported."""
        return self._unsupported("polling a port")

    def _unsupported(self, what: str) -> Unsupported:
        return Unsupported(what=what, detail=self.gap)
