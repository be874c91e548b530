import string
from uuid import UUID

import hypothesis
import pytest
from hypothesis import strategies as st

from server.session_sources.identifiers import IdentifierTemplate, IdentifierUnusable, Whose
from sync_protocol.serials import OntSerial

WHOSE = Whose(
    service_id=UUID(int=7),
    serial=OntSerial("HWTC1A2B3C4D"),
    olt="OLT-7",
    olt_name="Altstadt-1",
    frame=0,
    slot=1,
    port=3,
    ont_id=12,
)


@pytest.mark.parametrize(
    ("template", "identifier"),
    [
        ("fl-{service_id}", "fl-00000000-0000-0000-0000-000000000007"),
        ("{serial}@isp.example", "HWTC1A2B3C4D@isp.example"),
        ("{serial_hex}", "485754431A2B3C4D"),
        ("{olt}/{frame}/{slot}/{port}:{ont_id}", "OLT-7/0/1/3:12"),
        ("{olt_name} xpon {frame}/{slot:02}/{port:02}:{ont_id:03}", "Altstadt-1 xpon 0/01/03:012"),
        ("{{{serial}}}", "{HWTC1A2B3C4D}"),
    ],
)
def test_a_template_is_filled_with_what_a_service_is(template: str, identifier: str) -> None:
    assert IdentifierTemplate(template).fill(WHOSE) == identifier


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{serail}", "no field {serail}; there are {service_id}, {serial}, "),
        ("fl", "is the same for several services; write one of {service_id}, {serial}, "),
        ("{olt}/{slot}/{port}", "is the same for several services"),
        ("{serial", "write a field like {serial}, and a brace twice"),
        ("serial}", "write a field like {serial}, and a brace twice"),
        ("{}{serial}", "no field {};"),
        ("{0}{serial}", "no field {0};"),
        ("{serial.__class__}", "no field {serial.__class__};"),
        ("{serial[0]}", "no field {serial[0]};"),
        ("{serial!r}", "no field {serial!r};"),
        ("{serial:02}", "{serial} cannot be written as '02'; after a colon stands the width"),
        ("{ont_id:{serial}}", "{ont_id} cannot be written as '{serial}'"),
        ("{ont_id:99999999}", "{ont_id} cannot be written as '99999999'"),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused_at_once(template: str, said: str) -> None:
    with pytest.raises(IdentifierUnusable) as refused:
        IdentifierTemplate(template)

    assert said in str(refused.value)


@hypothesis.given(st.text(string.ascii_letters + "{}:!.[]0 _", max_size=30))
def test_whatever_is_taken_can_be_filled(text: str) -> None:
    try:
        template = IdentifierTemplate(text + "{serial}")
    except IdentifierUnusable:
        return

    assert "HWTC1A2B3C4D" in template.fill(WHOSE)
