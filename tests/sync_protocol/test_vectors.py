"""The vectors are what the code makes, and a stranger comes to them from the page's words."""

import base64
import json
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given

from sync_protocol import evidence, wire
from sync_protocol.operations import Capture
from tests.sync_protocol.test_evidence import CAPTURES
from tests.sync_protocol.vectors import stranger
from tests.sync_protocol.vectors.__main__ import FOLDER, main
from tests.sync_protocol.vectors.making import VECTORS, as_text
from tests.sync_protocol.vectors.reading import read

WRITE_ANEW: Final = "python -m tests.sync_protocol.vectors --write"


@pytest.mark.parametrize("name", VECTORS)
def test_a_file_of_vectors_is_what_the_code_makes(name: str) -> None:
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")

    assert text == as_text(list(VECTORS[name]())), f"if that is meant: {WRITE_ANEW}"


def test_no_file_of_vectors_is_left_over(capsys: pytest.CaptureFixture[str]) -> None:
    assert {file.stem for file in FOLDER.glob("*.json")} == set(VECTORS)
    assert main([]) == 0
    assert not capsys.readouterr().out


@pytest.mark.parametrize("vector", read("evidence"), ids=lambda each: each["name"])
def test_a_stranger_comes_to_the_bytes_of_evidence(vector: dict[str, Any]) -> None:
    fact = json.loads(vector["as_sent"])

    assert stranger.canonical(fact).decode() == vector["canonical"]
    assert stranger.digest(fact) == vector["digest"]


@given(CAPTURES)
def test_a_stranger_comes_to_the_bytes_of_any_capture(capture: Capture) -> None:
    assert stranger.canonical(json.loads(wire.encode(capture))) == evidence.canonical_bytes(capture)


@pytest.mark.parametrize(
    ("sent", "signed"),
    [
        ("2026-07-02T14:02:00.5+00:00", "2026-07-02T14:02:00.500000Z"),
        ("2026-07-02t14:02:00.000z", "2026-07-02T14:02:00Z"),
        ("2026-07-02 14:02:00-00:00", "2026-07-02T14:02:00Z"),
        ("2026-07-02T14:02:00-09:30", "2026-07-02T14:02:00-09:30"),
    ],
)
def test_a_time_is_signed_in_one_form_however_it_was_sent(sent: str, signed: str) -> None:
    fact = json.loads(read("evidence")[0]["as_sent"])
    fact["at"]["wall"] = sent
    ours = evidence.canonical_bytes(wire.decode(json.dumps(fact).encode(), Capture))

    assert stranger.canonical(fact) == ours
    assert f'"wall":"{signed}"'.encode() in ours


def test_a_stranger_comes_to_the_chain() -> None:
    first, *others = read("chain")

    assert stranger.first_chain(first["incarnation"]) == first["chain"]
    for vector in others:
        after = stranger.next_chain(vector["before"], vector["operation"].encode())
        assert after == vector["chain"]


@pytest.mark.parametrize("vector", read("signatures"), ids=lambda each: each["name"])
def test_a_stranger_signs_alike(vector: dict[str, Any]) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["seed"]))
    signed = bytes.fromhex(vector["signed"])
    if "challenge" in vector:
        assert stranger.challenge(vector["device_id"], vector["challenge"]) == signed

    key.public_key().verify(base64.b64decode(vector["signature"]), signed)
    assert base64.b64encode(key.sign(signed)).decode() == vector["signature"]
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    assert public == vector["public_key"]


def test_a_stranger_signs_a_manifest_alike() -> None:
    manifests = {v["name"]: v for v in read("evidence") if v["kind"] == "manifest"}
    signatures = {v["name"]: v for v in read("signatures") if "challenge" not in v}

    for name, vector in manifests.items():
        made = stranger.signed(json.loads(vector["as_sent"]))
        assert made.hex() == signatures[f"manifest: {name}"]["signed"]
