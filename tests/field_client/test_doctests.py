import doctest

from field_client import scanner


def test_the_examples_of_the_scanner_are_true() -> None:
    assert doctest.testmod(scanner) == (0, 1)
