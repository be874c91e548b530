"""Every coded reason has words, a next step and an owner."""

import re
from pathlib import Path
from typing import Final, get_args

import pytest

from activation.failures import Failure
from server import fulfilment
from server.fulfilment.reasons import REASONS, reason_of
from server.people.records import Role

BESIDE_A_PROCESS: Final = {"LIGHT_READING_FAILS", "SERIALS_DIFFER", "OLD_ONT_REGISTERED"}
"""Codes of inbox items and of the audit; the process goes on."""
_CODE: Final = re.compile(r'"([A-Z]+(?:_[A-Z]+)+)"')


def codes_of_drivers() -> set[str]:
    return {str(each.__struct_config__.tag) for each in get_args(Failure)}


def codes_of_fulfilment() -> set[str]:
    sources = Path(fulfilment.__file__).parent.glob("*.py")
    texts = [each.read_text(encoding="utf-8") for each in sources if each.name != "reasons.py"]
    return {code for text in texts for code in _CODE.findall(text)} - BESIDE_A_PROCESS


def test_each_code_that_can_occur_is_in_the_table_and_no_other() -> None:
    assert set(REASONS) == codes_of_drivers() | codes_of_fulfilment()


@pytest.mark.parametrize("code", sorted(REASONS))
def test_a_reason_says_what_is_and_what_to_do_next(code: str) -> None:
    reason = reason_of(code)

    assert reason.owner in {Role.NOC, Role.DISPATCHER, Role.ADMIN}
    for text in (reason.words, reason.next_step):
        assert text[0].isupper()
        assert not text.endswith(".")
        assert code not in text


def test_a_code_of_a_newer_worker_is_shown_in_its_own_letters() -> None:
    assert reason_of("SPLICE_TOO_HOT").words == "Splice too hot"
