"""How a world fails: with a sentence."""


class Violation(AssertionError):
    """A promise was broken; the text says which, with the values."""


def require(holds: bool, broken: str) -> None:  # noqa: FBT001  an assertion with its sentence
    """Let a world fail with a sentence.

    Raises:
        Violation: it does not hold.
    """
    if not holds:
        raise Violation(broken)
