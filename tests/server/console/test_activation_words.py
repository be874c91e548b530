"""Whatever can stand in a process, an alarm or a service has words in the console."""

from typing import get_args

from server.alarms.records import AlarmKind, Severity
from server.alarms.words import SEVERITY_TONES, alarm_words
from server.console.wording import phrase
from server.fulfilment.fallout_view import OWNERS, STATES, WHAT
from server.fulfilment.process_view import OUTCOMES, TAKEN_BACK
from server.fulfilment.reasons import REASONS
from server.fulfilment.records import Intent, ProcessState
from server.fulfilment.steps import Outcome, StepName
from server.jobs.words import step_done, step_waits
from server.services.records import ServiceState, SuspensionReason
from server.support.doing_view import ENDINGS, REASON_WORDS
from server.support.pages import Ending
from server.support.service_view import REASONS as SUSPENSIONS
from server.support.service_view import STATE_TONES


def test_each_intent_is_called_something_and_says_what_calling_off_takes_back() -> None:
    assert set(WHAT) == set(TAKEN_BACK) == set(Intent)


def test_each_state_and_each_outcome_has_a_word() -> None:
    assert set(STATES) == set(ProcessState)
    assert set(OUTCOMES) == {each.__name__.lower() for each in get_args(Outcome)}


def test_each_step_has_its_own_words_before_and_after() -> None:
    for step in StepName:
        assert phrase(step) != step_waits(step)
        assert step_done(step) != step_waits(step)


def test_each_owner_of_a_reason_has_a_name() -> None:
    assert set(OWNERS) == {reason.owner for reason in REASONS.values()}


def test_each_alarm_and_severity_has_words_and_a_tone() -> None:
    assert len({alarm_words(kind) for kind in AlarmKind}) == len(AlarmKind)
    assert set(SEVERITY_TONES) == set(Severity)


def test_each_state_and_reason_of_a_service_has_words() -> None:
    assert set(STATE_TONES) == set(ServiceState)
    assert set(SUSPENSIONS) == set(REASON_WORDS) == set(SuspensionReason)


def test_the_form_offers_the_endings_that_its_page_takes() -> None:
    assert set(ENDINGS) == set(get_args(Ending))
