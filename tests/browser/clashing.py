"""Ben, who writes the same field as Ada with a tablet of his own."""

from uuid import UUID

from server.database import Store
from server.jobs import commands as jobs
from tests.server.console.town import Town, act
from tests.server.tablets import enrolled, push, set_field


def clash_before(store: Store, town: Town, job_id: UUID) -> None:
    """Let Ben's value stand, and one that an earlier tablet of Ada's wrote over it unseen."""
    let_ben_enter(store, town, job_id, "knock")
    ada = enrolled(store, town.ada)
    ada.say(set_field(job_id, "bell"))
    push(store, ada)


def let_ben_enter(store: Store, town: Town, job_id: UUID, value: str) -> None:
    """Let Ben, of the crew, say how to get in; nobody's tablet has heard of it."""
    store.write_now(jobs.set_crew, job_id, (town.ben,), act=act())
    ben = enrolled(store, town.ben)
    ben.say(set_field(job_id, value))
    push(store, ben)
