"""Outcomes, letters and final states: the table of the architecture page, and the sum that must always hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixee_common.domain.ids import id_floor, id_moment, new_id
from pixee_common.domain.job import (
    COUNTS_AS,
    LETTER_OUTCOMES,
    OUTCOME_LETTERS,
    Counted,
    JobState,
    OutcomeKind,
    count_letters,
    final_state,
)
from pixee_common.domain.reasons import REASONS, ReasonCode


def test_every_outcome_has_a_letter_of_its_own_and_counts_as_something() -> None:
    assert set(OUTCOME_LETTERS) == set(OutcomeKind) == set(COUNTS_AS)
    assert len(LETTER_OUTCOMES) == len(OUTCOME_LETTERS)


def test_every_reason_has_an_owner_and_advice() -> None:
    assert set(REASONS) == set(ReasonCode)
    assert all(reason.advice.endswith(".") for reason in REASONS.values())


@given(st.text(alphabet="".join(OUTCOME_LETTERS.values())))
def test_counts_of_a_chunk_add_up_to_its_items(letters) -> None:
    assert sum(count_letters(letters).values()) == len(letters)


@given(*[st.integers(0, 50)] * 4, st.booleans())
def test_completed_means_that_nothing_failed(succeeded, failed, skipped, cancelled, cancel) -> None:
    total = succeeded + failed + skipped + cancelled
    state = final_state(
        total=total, succeeded=succeeded, failed=failed, skipped=skipped, cancelled=cancelled, cancel_requested=cancel
    )
    assert (state is JobState.COMPLETED) == (failed == 0 and not cancel)
    assert (state is JobState.FAILED) == (failed > 0 and succeeded == skipped == 0 and not cancel)
    assert (state is JobState.CANCELLED) == cancel


def test_a_sum_that_does_not_add_up_has_no_final_state() -> None:
    with pytest.raises(ValueError, match="accounted for"):
        final_state(total=3, succeeded=1, failed=1, skipped=0, cancelled=0, cancel_requested=False)


def test_ids_sort_by_time_and_carry_it() -> None:
    earlier, later = new_id(), new_id()
    assert earlier < later
    assert id_floor(id_moment(later)) <= later
    assert Counted.OPEN in count_letters("")
