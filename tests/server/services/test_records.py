import pytest

from server.services.records import (
    MOVES,
    ServiceMoveNotAllowed,
    ServiceState,
    require_move,
)


@pytest.mark.parametrize("source", list(ServiceState))
@pytest.mark.parametrize("target", list(ServiceState))
def test_every_move_is_in_the_table_or_refused_by_name(
    source: ServiceState, target: ServiceState
) -> None:
    if target in MOVES[source]:
        assert require_move(source, target) is target
        return
    with pytest.raises(ServiceMoveNotAllowed, match=f"a {source} service cannot become {target}"):
        require_move(source, target)


def test_an_active_service_does_not_become_active_again() -> None:
    assert ServiceState.ACTIVE not in MOVES[ServiceState.ACTIVE]


def test_every_state_is_in_the_table_and_only_terminated_is_the_end() -> None:
    assert set(MOVES) == set(ServiceState)
    assert [state for state, targets in MOVES.items() if not targets] == [ServiceState.TERMINATED]
