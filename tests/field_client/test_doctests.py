import doctest

from field_client.scanning import fields, labels


def test_the_examples_of_the_scanner_are_true() -> None:
    assert doctest.testmod(labels) == (0, 1)
    assert doctest.testmod(fields) == (0, 1)
