"""What a V-SOL OLT knows beside the neutral OLT: GEM ports, and numbers of service ports."""

import msgspec

from activation.simulator.records import FlowRow


class Gem(msgspec.Struct, frozen=True, kw_only=True):
    """A GEM port of one ONT, which its line profile brings; here the speeds are set."""

    tcont: int = 1
    up: str = ""
    down: str = ""


class ServicePort(msgspec.Struct, frozen=True, kw_only=True):
    """A service port of one ONT, with what only V-SOL notes about it."""

    flow: FlowRow
    description: str = ""

    @property
    def number(self) -> int:
        """Its number among the service ports of its ONT."""
        return self.flow.index % 1000


def flow_index(pon: int, ont_id: int, number: int) -> int:
    """Number a service port within the whole OLT; V-SOL itself counts them per ONT.

    >>> flow_index(1, 5, 1)
    1005001
    """
    return pon * 1_000_000 + ont_id * 1_000 + number
