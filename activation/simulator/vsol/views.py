"""GEM ports and service ports as rows: V-SOL's manner of showing what the neutral OLT holds."""

from typing import Final

import msgspec

from activation.simulator.model import Olt
from activation.simulator.oids import Oid
from activation.simulator.records import FlowRow

GEMS_OF_A_LINE_PROFILE: Final = range(1, 5)
"""The GEM ports that every simulated line profile brings, all on T-CONT 1."""
_PER_PON: Final = 1_000_000
_PER_ONT: Final = 1_000


class Gem(msgspec.Struct, frozen=True, kw_only=True):
    """A GEM port of one ONT, which its line profile brings; here the speeds are set."""

    tcont: int = 1
    up: str = ""
    down: str = ""


class ServicePort(msgspec.Struct, frozen=True, kw_only=True):
    """A service port of one ONT, with what only V-SOL notes about it."""

    flow: FlowRow
    description: str


def flow_index(place: Oid) -> int:
    """Number a service port within the whole OLT; V-SOL itself counts them per ONT.

    >>> flow_index((1, 5, 1))
    1005001
    """
    pon, ont_id, number = place
    return pon * _PER_PON + ont_id * _PER_ONT + number


def place_of(index: int) -> Oid:
    """Take such a number apart into PON, ONT id and number."""
    pon, rest = divmod(index, _PER_PON)
    return (pon, *divmod(rest, _PER_ONT))


class ServicePorts:
    """The service ports by PON, ONT id and number."""

    def __init__(self, olt: Olt) -> None:
        self._olt = olt
        self.descriptions: dict[int, str] = {}

    def get(self, index: Oid) -> ServicePort | None:
        """Give the row, or None where there is none."""
        if len(index) != 3:  # noqa: PLR2004  PON, ONT id and number
            return None
        flow = self._olt.flows.get((flow_index(index),))
        if flow is None:
            return None
        return ServicePort(flow=flow, description=self.descriptions.get(flow.index, ""))

    def after(self, index: Oid) -> Oid | None:
        """Give the first index behind this one, which need not exist itself."""
        following = self._olt.flows.after((flow_index((*index, 0, 0, 0)[:3]),))
        return None if following is None else place_of(following[0])


class Gems:
    """The GEM ports by PON, ONT id and number; only an ONT with a line profile has any."""

    def __init__(self, olt: Olt) -> None:
        self._olt = olt
        self.speeds: dict[Oid, Gem] = {}

    def get(self, index: Oid) -> Gem | None:
        """Give the row, or None where there is none."""
        known = self._olt.registrations.get(index[:2])
        if known is None or not known.row.line_profile or index[2:3] == ():
            return None
        if index[2] not in GEMS_OF_A_LINE_PROFILE or len(index) != 3:  # noqa: PLR2004  as above
            return None
        if index in self.speeds:
            return self.speeds[index]
        flows = self._olt.flows_of(known.row.port, known.row.ont_id).values()
        using = (flow for flow in flows if flow.gem_port == index[2])
        flow = next(using, None)
        return Gem() if flow is None else Gem(up=flow.inbound_table, down=flow.outbound_table)

    def after(self, index: Oid) -> Oid | None:
        """Give the first index behind this one, which need not exist itself."""
        if len(index) > 2:  # noqa: PLR2004  an ONT, and a GEM port of it
            following = (*index[:2], max(index[2] + 1, GEMS_OF_A_LINE_PROFILE.start))
            if self.get(following) is not None:
                return following
        elif len(index) == 2 and self.get((*index, GEMS_OF_A_LINE_PROFILE.start)) is not None:  # noqa: PLR2004  as above
            return (*index, GEMS_OF_A_LINE_PROFILE.start)
        ont = self._olt.registrations.after(index[:2])
        while ont is not None and self.get((*ont, GEMS_OF_A_LINE_PROFILE.start)) is None:
            ont = self._olt.registrations.after(ont)
        return None if ont is None else (*ont, GEMS_OF_A_LINE_PROFILE.start)
