"""Whose a completion is: the device whose key signed it, whoever sends it."""

from server.database.tables.work import completions
from server.sync import commands
from tests.server.factories import rows
from tests.server.sync.field import Field
from tests.server.tablets import enrolled


def test_a_completion_is_of_the_sender_that_signed_it(field: Field) -> None:
    field.tablet.complete(field.job_id)

    field.push()

    (kept,) = rows(field.store, completions)
    assert kept["device_id"] == field.tablet.device_id


def test_under_its_first_number_too_a_completion_stays_with_the_key_that_signed_it(
    field: Field,
) -> None:
    """A server that was put back knows nothing of the incarnation.

    The device that was enrolled anew has it, and sends without an origin what the lost key signed.
    """
    anew = enrolled(field.store, field.town.ada)
    own_key, anew.key = anew.key, field.tablet.key
    anew.complete(field.job_id)
    anew.key = own_key

    field.store.write_now(commands.receive, anew.device_id, anew.request(), act=anew.act())

    (kept,) = rows(field.store, completions)
    assert kept["device_id"] == field.tablet.device_id
