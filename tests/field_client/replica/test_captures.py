from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from field_client.replica.captures import CaptureView, Latest, Receipt, latest
from sync_protocol.ids import CaptureId
from sync_protocol.operations import (
    Answer,
    Capture,
    CaptureBody,
    Check,
    Correction,
    LightReading,
    Note,
    OntMove,
    OntMoved,
    Photo,
    Place,
    SerialScan,
    Signature,
    Subject,
)
from tests.field_client.factories import SERIAL, a_moment


def viewed(*bodies: CaptureBody) -> list[CaptureView]:
    return [
        CaptureView(
            capture=Capture(id=CaptureId(UUID(int=number)), at=a_moment(), body=body),
            receipt=Receipt.SAVED,
        )
        for number, body in enumerate(bodies)
    ]


def light(power_cdbm: int, place: str | None = None) -> LightReading:
    return LightReading(rx_power_cdbm=power_cdbm, plant_snapshot="p", place=place)


def photo(subject: str, letter: str) -> Photo:
    return Photo(subject=subject, sha256=letter * 64, size_bytes=9)


def signature(name: str) -> Signature:
    return Signature(signer_name=name, statement="It works.", sha256="c" * 64, size_bytes=9)


def correction(proposed: str) -> Correction:
    return Correction(subject=Subject.PLANT, field="terminal_port", proposed_value=proposed)


def body(view: CaptureView | None) -> CaptureBody | None:
    return None if view is None else view.capture.body


def test_of_each_thing_the_last_stands() -> None:
    scans = [SerialScan(serial=s, raw_text=s, method="scan") for s in (SERIAL, "ALCL00000001")]
    check = Check(name="bend_radius", answer=Answer.NO)
    again = Check(name="bend_radius", answer=Answer.YES)
    slack = Check(name="drop_slack", answer=Answer.NOT_APPLICABLE)

    found = latest(
        viewed(
            *scans, light(-2600), light(-1900), check, slack, again,
            photo("ont", "a"), photo("wall", "b"), photo("ont", "c"),
            signature("A"), signature("B"),
        )
    )  # fmt: skip

    assert (body(found.serial), body(found.light)) == (scans[1], light(-1900))
    assert body(found.signature) == signature("B")
    assert {name: body(view) for name, view in found.checks.items()} == {
        "bend_radius": again,
        "drop_slack": slack,
    }
    assert [(name, body(view)) for name, view in found.photos.items()] == [
        ("ont", photo("ont", "c")),
        ("wall", photo("wall", "b")),
    ]


def test_a_level_at_the_terminal_never_stands_for_the_house() -> None:
    found = latest(viewed(light(-1900, Place.ONT), light(-1800, Place.TERMINAL)))

    assert body(found.light) == light(-1900, Place.ONT)
    assert body(found.terminal_light) == light(-1800, Place.TERMINAL)


def test_notes_corrections_and_moved_onts_stand_beside_each_other() -> None:
    notes = [Note(text="dog"), Note(text="dog is friendly")]
    corrections = [correction("3"), correction("4")]
    moved = OntMoved(serial=SERIAL, move=OntMove.RECOVERED)

    found = latest(viewed(notes[0], corrections[0], moved, notes[1], corrections[1]))

    assert [body(view) for view in found.notes] == notes
    assert [body(view) for view in found.corrections] == corrections
    assert [body(view) for view in found.onts] == [moved]


def test_without_captures_nothing_stands() -> None:
    assert latest([]) == Latest()


BODIES = st.sampled_from(
    [
        light(-1900), light(-1800, Place.TERMINAL), photo("ont", "a"), photo("wall", "b"),
        Note(text="a"), correction("3"), Check(name="x", answer=Answer.YES), signature("A"),
        SerialScan(serial=SERIAL, raw_text=SERIAL, method="scan"),
        OntMoved(serial=SERIAL, move=OntMove.INSTALLED),
    ]
)  # fmt: skip


@given(st.lists(BODIES))
def test_every_kind_of_capture_has_its_place(bodies: list[CaptureBody]) -> None:
    views = viewed(*bodies)
    found = latest(views)

    single = (found.serial, found.light, found.terminal_light, found.signature)
    shown = [
        *(view for view in single if view),
        *found.photos.values(), *found.checks.values(),
        *found.notes, *found.corrections, *found.onts,
    ]  # fmt: skip
    assert {type(view.capture.body) for view in shown} == {type(each) for each in bodies}
    assert len({view.capture.id for view in shown}) == len(shown)
