"""What labels say, most of it as it stands on devices, and what is made of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field_client.scanning import Kind, Refusal, interpret
from field_client.scanning.labels import serial_chosen, serial_scanned, serial_typed
from sync_protocol.serials import NotAnOntSerial, parse_serial

SERIAL = "HWTC1A2B3C4D"
HISENSE = "[)>\x1e06\x1dPLTF7267\x1dH10394EB5DA90\x1dSHBMT22700048\x1e\x04"

TAKEN = {
    "HWTC1A2B3C4D": SERIAL,
    "hwtc1a2b3c4d": SERIAL,
    "HWTC-1A2B3C4D": SERIAL,
    "HWTC 1A2B 3C4D": SERIAL,
    "485754431A2B3C4D": SERIAL,
    "48575443-1A2B3C4D": SERIAL,
    "444C4E4B20400005": "DLNK20400005",  # D-Link DPN-100, printed as GPON S/N
    "S/N HWTC1A2B3C4D": SERIAL,
    "S/N: HWTC1A2B3C4D": SERIAL,
    "SN=HWTC1A2B3C4D": SERIAL,
    "GPON SN:HWTC1A2B3C4D": SERIAL,
    "GPON-S/N HWTC1A2B3C4D": SERIAL,
    "PON ID: HWTC1A2B3C4D": SERIAL,
    "FSAN: CXNK0096EBFC": "CXNK0096EBFC",  # Calix
    "Serial Number: HWTC1A2B3C4D": SERIAL,
    "MAC:10394EB5DA90;SN:HWTC1A2B3C4D": SERIAL,
    "SN:HWTC1A2B3C4D MAC:10:39:4E:B5:DA:90 PN:3FE49715AEAA": SERIAL,
    "SN:HWTC1A2B3C4D\r\nMAC:10-39-4E-B5-DA-90\r\nSSID:HWTC-5G\r\nKey:ABCX12345678": SERIAL,
    "GPON SN:ABCD12345678": "ABCD12345678",
    "P/N: 3FE49715AEAA  GPON  SN: HWTC 1A2B3C4D  WAN MAC: 10394EB5DA90": SERIAL,
    "S/N:S192E12345678,GPON SN:ZYWN1A2B3C4D": "ZYWN1A2B3C4D",
    "HWTC1A2B3C4D,HG8245H,10394EB5DA90": SERIAL,
    '{"sn":"HWTC1A2B3C4D","mac":"10394EB5DA90"}': SERIAL,
    "<sn>HWTC1A2B3C4D</sn><mac>10394EB5DA90</mac>": SERIAL,
    "https://ont.example/q?sn=HWTC1A2B3C4D&mac=10394EB5DA90": SERIAL,
    "https://ont.example/q?mac=10394EB5DA90&gpon_sn=485754431A2B3C4D": SERIAL,
    HISENSE: "HBMT22700048",
    HISENSE.replace("\x1d", "<GS>").replace("\x1e", "<RS>"): "HBMT22700048",
    "]d2" + HISENSE: "HBMT22700048",
    "]C1HWTC1A2B3C4D": SERIAL,
    "HWTC1A2B3C4D\r\n": SERIAL,
    "SN:HWTC1A2B3C4D;\ufffd\ufffd:\ufffd": SERIAL,
    # What says several things of one serial says it once.
    "SN:HWTC1A2B3C4D;GPON SN:485754431A2B3C4D": SERIAL,
}

LEFT = {
    "": (Kind.OTHER, None),
    "C2208136041": (Kind.OTHER, None),  # FS box: the maker's serial
    "C22081360412": (Kind.MAC, Refusal.COULD_BE_A_MAC),
    "SN:C22081360412": (Kind.OTHER, Refusal.COULD_BE_A_MAC),
    "S192E1234567": (Kind.OTHER, Refusal.VENDOR_NOT_LETTERS),  # as Zyxel numbers its devices
    "SN:S192E1234567": (Kind.OTHER, Refusal.VENDOR_NOT_LETTERS),
    "3FE49715AEAA": (Kind.PART_NUMBER, Refusal.PART_NUMBER),  # Nokia G-010G-T
    "P/N: 3FE49715AEAA": (Kind.PART_NUMBER, Refusal.PART_NUMBER),
    "PN:ABCX12345678": (Kind.PART_NUMBER, Refusal.NAMED_OTHERWISE),
    "Model: HG8245H": (Kind.PART_NUMBER, None),
    "10394EB5DA90": (Kind.MAC, Refusal.COULD_BE_A_MAC),
    "FCDD55123456": (Kind.MAC, Refusal.COULD_BE_A_MAC),
    "FCDD5512345": (Kind.OTHER, None),
    "SN:FCDD55123456": (Kind.OTHER, Refusal.COULD_BE_A_MAC),
    "ONU ID: FCDD55123456": (Kind.OTHER, Refusal.COULD_BE_A_MAC),
    "01394EB5DA90": (Kind.OTHER, Refusal.COULD_BE_A_MAC),
    "10:39:4E:B5:DA:90": (Kind.MAC, Refusal.COULD_BE_A_MAC),
    "FC:DD:55:12:34:56": (Kind.MAC, Refusal.COULD_BE_A_MAC),
    "MAC: 10394EB5DA90": (Kind.MAC, Refusal.NAMED_OTHERWISE),
    "MAC: ABCX12345678": (Kind.OTHER, Refusal.NAMED_OTHERWISE),
    "HWTC00000000": (Kind.OTHER, Refusal.PLACEHOLDER),
    "SN:HWTCFFFFFFFF": (Kind.OTHER, Refusal.PLACEHOLDER),
    "Key: ABCX12345678": (Kind.OTHER, Refusal.NAMED_OTHERWISE),
    "SSID=ABCX12345678": (Kind.OTHER, Refusal.NAMED_OTHERWISE),
    "WIFI:T:WPA;S:HWTC1A2B3C4D;P:ABCX12345678;;": (Kind.OTHER, None),
    "https://ont.example/HWTC1A2B3C4D": (Kind.OTHER, None),
    "3132333441424344": (Kind.OTHER, None),
    "[)>\x1e06\x1d1PABCX12345678\x1e\x04": (Kind.PART_NUMBER, Refusal.NAMED_OTHERWISE),
    "[)>\x1e06\x1d18SABCX12345678\x1e\x04": (Kind.OTHER, Refusal.NAMED_OTHERWISE),
    "[)>\x1e06\x1d23S10394EB5DA90\x1e\x04": (Kind.MAC, Refusal.NAMED_OTHERWISE),
    HISENSE.translate({0x1D: None, 0x1E: None, 4: None}): (Kind.OTHER, Refusal.SEPARATORS_LOST),
}


@pytest.mark.parametrize(("text", "serial"), TAKEN.items(), ids=repr)
def test_the_pon_serial_is_recognised(text: str, serial: str) -> None:
    found = interpret(text)

    assert (found.serial, found.kind, found.refusal) == (serial, Kind.PON_SERIAL, None)


@pytest.mark.parametrize(("text", "said"), LEFT.items(), ids=repr)
def test_what_only_resembles_a_serial_is_shown_with_the_reason(
    text: str, said: tuple[Kind, Refusal | None]
) -> None:
    found = interpret(text)

    assert (found.serials, (found.kind, found.refusal)) == ((), said)


def test_the_list_of_a_carton_leaves_the_choice_to_the_technician() -> None:
    found = interpret("SN:HWTC1A2B3C4D,SN:HWTC1A2B3C4E")

    assert (found.serials, found.serial) == (("HWTC1A2B3C4D", "HWTC1A2B3C4E"), None)
    with pytest.raises(NotAnOntSerial, match="HWTC1A2B3C4D, HWTC1A2B3C4E; choose one"):
        serial_scanned("SN:HWTC1A2B3C4D,SN:HWTC1A2B3C4E")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("3FE49715AEAA", "'3FE49715AEAA' is a part number"),
        ("SN:FCDD55123456", "may be a MAC address"),
        ("hello", "'hello' holds no ONT serial"),
    ],
)
def test_a_wrong_code_from_a_scanner_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(NotAnOntSerial, match=why):
        serial_scanned(text)


def test_a_person_may_vouch_for_what_no_scanner_takes() -> None:
    assert serial_typed("SN: ABCD12345678") == "ABCD12345678"
    assert serial_typed(HISENSE) == "HBMT22700048"
    with pytest.raises(NotAnOntSerial, match="may be a MAC address; write SN:"):
        serial_typed("ABCD12345678")


def test_what_was_chosen_is_vouched_for_by_its_code() -> None:
    assert serial_chosen("ABCD12345678", "GPON SN:ABCD12345678") == "ABCD12345678"
    assert serial_chosen(SERIAL, None) == SERIAL
    for raw_text in (None, "ABCD12345678", "GPON SN:ABCD12345679"):
        with pytest.raises(NotAnOntSerial, match="may be a MAC address"):
            serial_chosen("ABCD12345678", raw_text)


def test_a_text_longer_than_a_capture_may_hold_is_cut() -> None:
    found = interpret("SN:HWTC1A2B3C4D;" + "x" * 9000)

    assert (found.serial, len(found.text)) == (SERIAL, 4000)


@given(st.text())
def test_any_text_is_interpreted_and_a_serial_in_it_is_one(text: str) -> None:
    for serial in interpret(text).serials:
        assert parse_serial(f"SN:{serial}") == serial


@given(st.text(alphabet="0123456789ABCDEF", min_size=12, max_size=12))
def test_twelve_hex_digits_are_never_taken_silently(text: str) -> None:
    assert interpret(text).serials == ()
    assert interpret(f"SN:{text}").serials == ()
