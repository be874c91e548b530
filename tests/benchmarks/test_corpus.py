"""The corpus of the benchmarks: the same from the same seed, and taken by the server as work."""

from collections import Counter
from pathlib import Path

import msgspec

from server.acts import Actor, ActorKind, act_of
from server.database import Store, schema_versions
from server.sync import commands, pull
from sync_protocol import wire
from tests.benchmarks import corpus


def test_a_push_of_the_corpus_is_forty_changes_that_all_take_effect(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'firstlight.db'}"
    schema_versions.upgrade(url)
    store = Store(url)
    tablet = corpus.found(store, 1).tablets[0]

    documents = store.read_now(pull.read, tablet.technician_id, None, None)[1].entries
    sizes = [len(msgspec.json.encode(document)) for document in documents]
    kinds: Counter[str] = Counter()
    for request in (*(tablet.push(at) for at in range(corpus.PUSHES)), tablet.day()):
        act = act_of(Actor(ActorKind.DEVICE, tablet.device_id))
        pushed = store.write_now(commands.receive, tablet.device_id, request, act=act)
        kinds.update(msgspec.json.decode(bytes(raw))["verdict"] for raw in pushed.verdicts)
    store.close()

    assert len(sizes) == corpus.JOBS
    assert all(1_700 < size < 2_300 for size in sizes), sizes
    assert kinds.total() == corpus.CHANGES * (corpus.PUSHES + 1)
    assert set(kinds) <= {"applied", "merged"}


def test_the_same_seed_says_the_same_bytes(tmp_path: Path) -> None:
    said: list[bytes] = []
    for name in ("one.db", "two.db"):
        url = f"sqlite:///{tmp_path / name}"
        schema_versions.upgrade(url)
        store = Store(url)
        said.append(wire.encode(corpus.found(store, 1).tablets[0].push(0)))
        store.close()

    assert said[0] == said[1]
