"""Giving a technician of a world a tablet."""

from datetime import timedelta
from uuid import UUID

from field_client.replica.state import get_state, store_enrolment
from field_client.session import APP_VERSION
from server.sync import devices
from sync_protocol.messages import EnrolRequest
from tests.simulation.checks import Seat
from tests.simulation.office import Office
from tests.simulation.promises import Promises
from tests.simulation.tablet import ADDRESS, Tablet


def enrolled(tablet: Tablet, technician_id: UUID, office: Office, promises: Promises) -> Seat:
    """Enrol a tablet before anything goes wrong."""
    chance = tablet.chance
    code, act = chance.octets(8).hex(), office.act()
    office.write(devices.issue_code, technician_id, code, act=act)
    request = EnrolRequest(
        code=code,
        device_name=tablet.name,
        public_key=tablet.public_key(),
        incarnation=tablet.read(get_state).incarnation,
        app_version=APP_VERSION,
    )
    answer = office.write(
        devices.enrol,
        request,
        token=chance.octets(16).hex(),
        token_life=timedelta(minutes=10),
        act=act,
    )
    tablet.write(store_enrolment, ADDRESS, answer, tablet.public_key())
    return Seat(
        tablet=tablet,
        technician_id=technician_id,
        device_id=UUID(str(answer.device_id)),
        promises=promises,
    )
