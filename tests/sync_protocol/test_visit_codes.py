from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sync_protocol.visit_codes import (
    DONE,
    NOT_DONE,
    NotAVisitCode,
    Rebook,
    VisitCode,
    check_done,
    check_not_done,
    find_meaning,
)

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text("utf-8")
LISTS: list[tuple[Callable[[str], str], Mapping[str, VisitCode], str]] = [
    (check_done, DONE, "D"),
    (check_not_done, NOT_DONE, "N"),
]


@pytest.mark.parametrize(("check", "codes", "letter"), LISTS)
def test_every_code_is_taken_and_stands_in_the_protocol_with_its_meaning(
    check: Callable[[str], str], codes: Mapping[str, VisitCode], letter: str
) -> None:
    for number, (code, known) in enumerate(codes.items(), start=1):
        assert code == f"{letter}{number:02d}"
        assert check(code) == code
        assert find_meaning(code) == known.meaning
        assert f"| `{code}` | {known.meaning} |" in PAGE


@pytest.mark.parametrize(("check", "codes", "_letter"), LISTS)
@pytest.mark.parametrize("code", ["", "done", "d02", "D02 ", "N02 ", "D13", "N19", "D02\0"])
def test_what_is_no_code_is_named_with_all_that_are(
    check: Callable[[str], str], codes: Mapping[str, VisitCode], _letter: str, code: str
) -> None:
    with pytest.raises(NotAVisitCode) as refused:
        check(code)

    assert repr(code) in str(refused.value)
    assert all(f"{known} {each.meaning}" in str(refused.value) for known, each in codes.items())


def test_a_code_of_one_list_is_none_of_the_other() -> None:
    with pytest.raises(NotAVisitCode, match="'N02' is no code of a job that was done"):
        check_done("N02")
    with pytest.raises(NotAVisitCode, match="'D02' is no code of a job that was not done"):
        check_not_done("D02")


def test_a_long_text_is_named_by_its_beginning() -> None:
    with pytest.raises(NotAVisitCode) as refused:
        check_done("x" * 4000)

    assert len(str(refused.value)) < 1000


def test_a_code_of_another_version_has_no_meaning_here() -> None:
    assert find_meaning("Z99") is None


def test_every_visit_in_vain_has_somebody_responsible_and_somebody_who_hears_of_it() -> None:
    assert all(code.responsible is not None and code.tells for code in NOT_DONE.values())


def test_only_what_is_over_for_good_needs_no_follow_up() -> None:
    over = [name for name, code in NOT_DONE.items() if not code.needs_follow_up]

    assert over == ["N17", "N18"]
    assert [name for name, code in DONE.items() if code.needs_follow_up] == ["D04"]
    assert DONE["D04"].rebook is Rebook.WITH_CUSTOMER
