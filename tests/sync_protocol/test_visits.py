"""What a visit of each kind needs; tablet and server ask the same table."""

import pytest

from sync_protocol.documents import JobKind
from sync_protocol.operations import CaptureBody, LightReading, Photo, SerialScan, Signature
from sync_protocol.visit_codes import DONE, NOT_DONE
from sync_protocol.visits import KINDS, NEEDS, missing

SERIAL = SerialScan(serial="HWTC1A2B3C4D", raw_text="HWTC1A2B3C4D", method="scan")
LIGHT = LightReading(rx_power_cdbm=-1940, plant_snapshot="p1")
SIGNED = Signature(signer_name="Erika", statement="It works.", sha256="c" * 64, size_bytes=4)
EVERYTHING: tuple[CaptureBody, ...] = (SERIAL, LIGHT, SIGNED)
_K = JobKind


@pytest.mark.parametrize("kind", JobKind)
def test_every_kind_has_photos_checks_and_codes_that_there_are(kind: JobKind) -> None:
    visit = KINDS[kind]

    assert visit.photos
    assert set(visit.done) <= set(DONE)
    assert set(visit.not_done) <= set(NOT_DONE)
    assert len({check.code for check in visit.checks}) == len(visit.checks) > 0
    assert [need for need in NEEDS if need.kind is kind]


def test_every_code_fits_some_kind() -> None:
    fitting = {code for visit in KINDS.values() for code in (*visit.done, *visit.not_done)}

    assert fitting == {*DONE, *NOT_DONE}


@pytest.mark.parametrize(
    ("kind", "code", "needed"),
    [
        (_K.INSTALL, "D01", ("serial", "light", "signature")),
        (_K.INSTALL, "D02", ("serial", "light", "signature")),
        (_K.INSTALL, None, ("serial", "light", "signature")),
        (_K.REPAIR, "D05", ("light", "signature")),
        (_K.REPAIR, None, ("light", "signature")),
        (_K.REPAIR, "D07", ("serial", "light", "signature")),
        (_K.SWAP, "D07", ("serial", "light", "signature")),
        (_K.DISCONNECT, "D10", ("serial",)),
        (_K.DISCONNECT, None, ("serial",)),
        (_K.DISCONNECT, "D11", ()),
        (_K.MOVE, "D12", ("serial", "light", "signature")),
    ],
)
def test_a_completion_needs_by_kind_and_code(
    kind: JobKind, code: str | None, needed: tuple[str, ...]
) -> None:
    assert missing(kind, (), (), code) == needed
    assert missing(kind, (), EVERYTHING, code) == ()


def test_photos_are_needed_by_their_subjects() -> None:
    photo = Photo(subject="repaired", sha256="a" * 64, size_bytes=5)

    lacking = missing(_K.REPAIR, ("repaired", "cellar"), (*EVERYTHING, photo), "D05")

    assert lacking == ("photo:cellar",)
