"""What can be answered to an issue, and what that would set; both sides ask here. Pure."""

from typing import Final

from sync_protocol.documents import OVERRULED, IssueDocument
from sync_protocol.merge import FIELD_OWNERS, Code, Owner
from sync_protocol.operations import IssueAnswer

_CLASHES: Final = frozenset({Code.EDITED_ON_BOTH_SIDES.value, OVERRULED})


def is_of_field(code: str, field: str | None) -> bool:
    """Say whether an issue tells of two values of a field that a technician may set."""
    return code in _CLASHES and field is not None and FIELD_OWNERS.get(field) is Owner.SHARED


def is_other_hidden(issue: IssueDocument) -> bool:
    """Say whether the other value is withheld: whose job it is no longer is not told of it."""
    return issue.code == OVERRULED and issue.base_value is None


def possible_answers(issue: IssueDocument, *, is_writable: bool) -> tuple[IssueAnswer, ...]:
    """List what a technician can answer.

    ``is_writable``: the job is here and may be added to. Nothing can be chosen of a job that is
    not, nor between values one of which is not known.
    """
    if is_of_field(issue.code, issue.field) and is_writable and not is_other_hidden(issue):
        return IssueAnswer.KEEP_MINE, IssueAnswer.KEEP_OTHER
    return (IssueAnswer.SEEN,)


def value_to_keep(issue: IssueDocument, answer: IssueAnswer) -> str | None:
    """Give the value that an answer wants to stand; None: it wants none.

    A tablet sets it where another one stands, and nothing where it stands already.
    """
    if answer is IssueAnswer.SEEN:
        return None
    mine = answer is IssueAnswer.KEEP_MINE
    return (issue.field_value if mine else issue.office_value) or ""
