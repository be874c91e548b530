"""Reading the tables of an OLT: cells in one round trip, and walks, with failures as values."""

from collections.abc import Mapping, Sequence

from activation.drivers.snmp_failures import read_failure
from activation.failures import Failure
from activation.snmp import Answer, Oid, SnmpSession, SnmpValue, Walk


class TableReader:
    """What the tables of every vendor are read by."""

    def __init__(self, session: SnmpSession, *, bulk_size: int) -> None:
        self._session = session
        self._bulk_size = bulk_size

    @property
    def olt(self) -> str:
        """The OLT's address, for messages."""
        return self._session.peer

    async def cells(self, wanted: Sequence[Oid]) -> Mapping[Oid, SnmpValue | None] | Failure:
        """Read cells and scalars in one round trip."""
        answer = await self._session.get_many(wanted)
        if isinstance(answer, Answer):
            return answer.values
        return read_failure(self.olt, answer)

    async def walk(self, column: Oid, *, bulk_size: int | None = None) -> Walk | Failure:
        """Walk, taking a walk that brought nothing but an error as that error."""
        walk = await self._session.bulk_walk(column, bulk_size=bulk_size or self._bulk_size)
        if walk.stopped_by is not None and not walk.rows:
            return read_failure(self.olt, walk.stopped_by)
        return walk
