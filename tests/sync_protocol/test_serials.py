import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_protocol.serials import (
    NotAnOntSerial,
    OntSerial,
    parse_serial,
    serial_bytes,
    serial_from_bytes,
)

SERIALS = st.builds(
    "{}{}{:08X}".format,
    st.sampled_from("GHIJKLMNOPQRSTUVWXYZ"),
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=3, max_size=3),
    st.integers(1, 0xFFFFFFFE),
).map(OntSerial)

READ = {
    "HWTC1A2B3C4D": "HWTC1A2B3C4D",
    "hwtc1a2b3c4d": "HWTC1A2B3C4D",
    "HWTC-1A2B3C4D": "HWTC1A2B3C4D",
    " HWTC 1A2B 3C4D ": "HWTC1A2B3C4D",
    "S/N: HWTC1A2B3C4D": "HWTC1A2B3C4D",
    "SN=HWTC1A2B3C4D": "HWTC1A2B3C4D",
    "PON SN: ZTEGC0FFEE01": "ZTEGC0FFEE01",
    "485754431A2B3C4D": "HWTC1A2B3C4D",
    "48575443-1A2B3C4D": "HWTC1A2B3C4D",
    "SN: ABCD12345678": "ABCD12345678",
}
REFUSED = {
    "": "not an ONT serial",
    "HWTC1A2B3C4": "4 vendor letters",
    "HWTC1A2B3C4DE": "not an ONT serial",
    "HWTC1A2B3C4G": "not an ONT serial",
    "ABCD12345678": "MAC address",
    "00:1A:2B:3C:4D:5E": "not an ONT serial",
    "HWTC00000000": "placeholder",
    "HWTCFFFFFFFF": "placeholder",
    "000102031A2B3C4D": "vendor letters",
    "HWTC\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668": "not an ONT serial",
    "\0HWTC1A2B3C4D": "not an ONT serial",
}


@pytest.mark.parametrize(("text", "serial"), READ.items())
def test_a_written_form_becomes_the_canonical_one(text: str, serial: str) -> None:
    assert parse_serial(text) == serial


@pytest.mark.parametrize(("text", "why"), REFUSED.items(), ids=repr)
def test_what_is_no_serial_is_refused_with_the_text(text: str, why: str) -> None:
    with pytest.raises(NotAnOntSerial, match=why) as refused:
        parse_serial(text)
    assert repr(text) in str(refused.value)


@given(SERIALS)
def test_every_serial_travels_as_eight_bytes_and_back(serial: OntSerial) -> None:
    assert len(serial_bytes(serial)) == 8
    assert serial_from_bytes(serial_bytes(serial)) == serial
    assert parse_serial(serial) == parse_serial(serial_bytes(serial).hex()) == serial


@given(st.text())
def test_text_of_any_kind_is_a_serial_or_refused(text: str) -> None:
    try:
        found = parse_serial(text)
    except NotAnOntSerial:
        return
    assert parse_serial(f"SN: {found}") == found


@pytest.mark.parametrize("raw", [b"", b"HWTC", b"HWTC12345", b"\0\0\0\0\1\2\3\4", b"HW C\1\2\3\4"])
def test_bytes_that_are_no_serial_are_refused(raw: bytes) -> None:
    with pytest.raises(NotAnOntSerial, match="eight bytes"):
        serial_from_bytes(raw)
