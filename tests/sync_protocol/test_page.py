"""docs/protocol.md is what the code is, and what it promises is tested."""

import re
from pathlib import Path
from typing import Final

from sync_protocol.messages import Refusal
from sync_protocol.operations import OperationBody
from tests.sync_protocol.page import EXAMPLES, PAGE, made_parts, make_anew
from tests.sync_protocol.vectors.__main__ import FOLDER

TESTS: Final = Path(__file__).parents[1]
TEXT: Final = PAGE.read_text(encoding="utf-8")


def defined_tests() -> set[str]:
    found: set[str] = set()
    for file in TESTS.rglob("test_*.py"):
        found.update(
            re.findall(r"^(?:async )?def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
        )
    return found


def test_the_tables_and_examples_of_the_page_are_made_from_the_code() -> None:
    assert make_anew(TEXT) == TEXT, "if that is meant: python -m tests.sync_protocol.page --write"
    assert set(EXAMPLES) <= set(made_parts(TEXT))


def test_every_message_that_the_page_names_has_its_table() -> None:
    made = set(made_parts(TEXT))
    tables = "".join(line for line in TEXT.splitlines() if line.startswith("| `"))
    named = set(re.findall(r"`([A-Z]\w+)`", tables))

    assert {
        name for name in named if not re.fullmatch("[DN][0-9]{2}", name)
    } - made - HEADERS == set()
    assert {kind.__name__ for kind in OperationBody.__args__} <= made


HEADERS: Final = {"Location", "Authorization"}


def test_every_refusal_stands_on_the_page_with_what_a_client_does() -> None:
    rows = [line for line in TEXT.splitlines() if re.match(r"\| \d{3}", line)]

    assert {refusal for refusal in Refusal if any(f"`{refusal}`" in row for row in rows)} == {
        *Refusal
    }


def test_every_promise_of_the_page_names_tests_that_exist() -> None:
    promises = TEXT[TEXT.index("\n## Guarantees") :]
    numbered = re.findall(
        r"^(?:\d+\.|- E\d+\.) .*?(?=^(?:\d+\.|- E\d+\.|#)|\Z)", promises, re.MULTILINE | re.DOTALL
    )
    names = [re.findall(r"`(test_\w+)`", promise) for promise in numbered]

    assert len(numbered) >= 19
    assert all(names), "a promise without a test"
    assert {name for each in names for name in each} - defined_tests() == set()


def test_every_file_of_vectors_is_named_by_the_page() -> None:
    assert {file.name for file in FOLDER.glob("*.json")} <= set(re.findall(r"[a-z]+\.json", TEXT))
