"""Named statements: one name, one statement."""

import pytest

from field_client.storage.statements import parse_statements


def test_statements_are_found_by_name() -> None:
    text = "-- name: one\nSELECT 1;\n\n-- name: two\nSELECT 2;\n"

    assert parse_statements(text) == {"one": "SELECT 1", "two": "SELECT 2"}


def test_a_name_that_is_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="two statements are named one"):
        parse_statements("-- name: one\nSELECT 1;\n-- name: one\nSELECT 2;\n")
