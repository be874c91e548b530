"""Telling a SET from other datagrams by their first fields."""

# pysnmp has no type information of its own.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import encoder
from pysnmp.proto import rfc1902
from pysnmp.proto.api import v2c

from activation.simulator.datagrams import RESPONSE, SET_REQUEST, PduHead, read_head


def encoded(pdu: object, request_id: int, community: str, filling: bytes) -> bytes:
    v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_request_id(pdu, request_id)
    v2c.apiPDU.set_varbinds(pdu, [((1, 3, 6, 1), rfc1902.OctetString(filling))])
    message = v2c.Message()
    v2c.apiMessage.set_defaults(message)
    v2c.apiMessage.set_community(message, community)
    v2c.apiMessage.set_pdu(message, pdu)
    return encoder.encode(message)


@given(
    request_id=st.integers(-(2**31), 2**31 - 1),
    community=st.text("abc", min_size=1, max_size=200),
    filling=st.binary(max_size=300),
    is_set=st.booleans(),
)
def test_kind_and_request_id_are_read_whatever_the_lengths(
    request_id: int,
    community: str,
    filling: bytes,
    is_set: bool,  # noqa: FBT001  drawn by name
) -> None:
    pdu = v2c.SetRequestPDU() if is_set else v2c.ResponsePDU()
    datagram = encoded(pdu, request_id, community, filling)
    assert read_head(datagram) == PduHead(SET_REQUEST if is_set else RESPONSE, request_id)


@given(st.binary(max_size=60))
def test_garbage_is_read_without_harm(datagram: bytes) -> None:
    read_head(datagram)


@pytest.mark.parametrize("cut", range(0, 20, 3))
def test_a_cut_datagram_is_nothing(cut: int) -> None:
    assert read_head(encoded(v2c.SetRequestPDU(), 7, "private", b"x")[:cut]) is None


def test_an_encrypted_message_is_passed_on_unread() -> None:
    assert read_head(bytes.fromhex("300b02010304016 1a30302 0105".replace(" ", ""))) is None
