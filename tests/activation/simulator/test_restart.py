"""A restart of the simulated OLT as a session of SNMP v3 sees it."""

from collections.abc import Sequence

import httpx

from activation.puresnmp_session import PuresnmpSession
from activation.simulator.process import simulate
from activation.simulator.scenario import SnmpUser
from activation.simulator.settings import Settings
from activation.snmp import V3, Answer, Binding, Secret, SnmpSettings, Written
from sync_protocol.serials import OntSerial, serial_bytes
from tests.activation.simulator.factories import SERIAL, START, a_scenario, ont_cell, registering

AUTH, PRIV = "auth-password", "priv-password"
NOC = SnmpUser(name="noc", auth_key=AUTH, priv_key=PRIV, may_write=True)
CREDENTIALS = V3(
    user="noc",
    auth_method="sha1",
    auth_key=Secret(AUTH),
    priv_method="aes",
    priv_key=Secret(PRIV),
)


def dotted(oid: Sequence[int]) -> str:
    return ".".join(map(str, oid))


async def test_a_session_outlives_a_restart_that_loses_what_was_not_saved() -> None:
    settings = Settings(snmp_port=0, control_port=0)
    async with (
        simulate(a_scenario(users=(NOC,)), settings, now=lambda: START) as ready,
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{ready.control_port}", trust_env=False
        ) as control,
    ):
        session = PuresnmpSession(
            "127.0.0.1", ready.snmp_port, CREDENTIALS, SnmpSettings(timeout_ms=5_000)
        )
        serial = dotted(ont_cell(3))
        bindings = [
            Binding(oid=dotted(oid), value=value)
            for oid, value in registering()
            if isinstance(value, int | bytes)
        ]
        assert await session.set_many(bindings) == Written()
        written = await session.get_many([serial])
        assert written == Answer(values={serial: serial_bytes(OntSerial(SERIAL))})

        (await control.post("/restart")).raise_for_status()

        assert await session.get_many([serial]) == Answer(values={serial: None})
        # The old clock was refused with a report, so this is no repetition of an unknown outcome.
        assert await session.set_many(bindings) == Written()
        (await control.post("/save")).raise_for_status()
        (await control.post("/restart")).raise_for_status()
        assert await session.get_many([serial]) == written
