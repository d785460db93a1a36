"""When a job's turn ends, and what it then is. Pure: decided from the job's counters and two facts about its chunks."""

from dataclasses import dataclass

from pixee_common.domain.job import JobState, final_state

__all__ = ["Standing", "Verdict", "judge"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A job that is not finished, as it stands.

    `busy`: planning goes on, or something is still to be sent. `unfolded`: a chunk holds counts that the job does not have yet.
    """

    planned: bool
    busy: bool
    unfolded: bool
    total: int
    succeeded: int
    failed: int
    skipped: int
    cancelled: int
    cancel_requested: bool
    error_code: str | None = None
    is_pull: bool = False

    @property
    def open(self) -> int:
        """Items without a final outcome."""
        return self.total - self.succeeded - self.failed - self.skipped - self.cancelled


@dataclass(frozen=True, slots=True)
class Verdict:
    """What changes: its turn ends (`sending_done`), and the state it takes, if any."""

    sending_done: bool
    state: JobState | None


def judge(job: Standing) -> Verdict:
    """The verdict on a job. One that could not be planned (an error, and no items) has failed; so has a pull that broke off, whatever
    it had applied until then: `completed` would say that the shop was read to the end.
    """
    if job.busy or not job.planned:
        return Verdict(sending_done=False, state=None)
    if job.unfolded:
        return Verdict(sending_done=True, state=None)
    if job.open:
        return Verdict(sending_done=True, state=JobState.AWAITING_VERDICTS)
    if job.error_code and (job.total == 0 or job.is_pull) and not job.cancel_requested:
        return Verdict(sending_done=True, state=JobState.FAILED)
    return Verdict(
        sending_done=True,
        state=final_state(
            total=job.total,
            succeeded=job.succeeded,
            failed=job.failed,
            skipped=job.skipped,
            cancelled=job.cancelled,
            cancel_requested=job.cancel_requested,
        ),
    )
