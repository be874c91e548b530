import pytest

from sync_protocol.digest import HeldDocument, scope_digest

JOB = HeldDocument("job", "00000000-0000-0000-0000-000000000001", b'{"a":1}')
ISSUE = HeldDocument("issue", "00000000-0000-0000-0000-000000000001", b'{"a":1}')


def test_the_order_in_which_documents_come_is_of_no_account() -> None:
    assert scope_digest([JOB, ISSUE]) == scope_digest([ISSUE, JOB])


@pytest.mark.parametrize(
    "other",
    [
        [],
        [JOB],
        [JOB, ISSUE, JOB._replace(entity_id="00000000-0000-0000-0000-000000000002")],
        [JOB, ISSUE._replace(document=b'{"a":2}')],
        [JOB, ISSUE._replace(document=b'{"a": 1}')],
        [JOB, ISSUE._replace(entity="job", entity_id="00000000-0000-0000-0000-000000000002")],
    ],
)
def test_whatever_differs_shows_in_the_digest(other: list[HeldDocument]) -> None:
    assert scope_digest(other) != scope_digest([JOB, ISSUE])
