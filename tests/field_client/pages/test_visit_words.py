"""Words for visit codes: one for each of the tables, and nothing about any other."""

import pytest

from field_client.pages.languages import get_language
from field_client.pages.visit_words import CODES, GROUPS, code_text, follows, reasons
from sync_protocol.documents import JobKind
from sync_protocol.visit_codes import DONE, NOT_DONE
from sync_protocol.visits import CHECKS, KINDS
from tests.field_client.pages.texts import texts

SAY = get_language("en")


def test_every_code_of_the_tables_has_words_and_no_other() -> None:
    assert list(CODES) == [*DONE, *NOT_DONE]


def test_every_reason_stands_in_one_group() -> None:
    grouped = [code for codes in GROUPS.values() for code in codes]

    assert sorted(grouped) == sorted(NOT_DONE)


@pytest.mark.parametrize("kind", JobKind)
def test_only_reasons_that_fit_the_visit_are_offered_and_all_of_them(kind: JobKind) -> None:
    offered = [each.code for group in reasons(kind, "", SAY) for each in group.codes]

    assert sorted(offered) == sorted(set(KINDS[kind].not_done))
    assert all(group.codes for group in reasons(kind, "", SAY))


@pytest.mark.parametrize("code", CODES)
def test_what_follows_is_said_of_every_code_that_causes_something(code: str) -> None:
    known = {**DONE, **NOT_DONE}[code]

    said = follows(code, SAY)

    assert ("Has to hear of it" in said) is bool(known.tells)
    assert ("may be charged" in said) is known.is_chargeable
    assert ("somebody goes there" in said.lower()) is known.needs_follow_up


def test_what_follows_from_a_code_is_said_in_plain_words() -> None:
    assert follows("N02", SAY) == (
        "A new day is agreed with the customer, then somebody goes there. "
        "Has to hear of it: the customer, dispatch. It may be charged to the customer."
    )
    assert follows("N18", SAY) == "Nobody goes there again for this. Has to hear of it: dispatch."
    assert follows("D03", SAY) == "Has to hear of it: the network centre."
    assert (code_text("Z99", SAY), follows("Z99", SAY)) == ("Z99", "")


def test_the_texts_of_checks_are_found_where_both_sides_have_them() -> None:
    assert {check.text for check in CHECKS.values()} <= set(texts())
