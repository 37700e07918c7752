"""The process that runs one study for the app: ``python -m innospace.web.worker STUDY_FILE RECORD LOCKED_FILE``."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
import traceback
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from innospace.core.errors import InnospaceError, InnospaceWarning
from innospace.web.job_record import Job, JobState, is_asked_to_stop, read_state, write_state

if TYPE_CHECKING:
    from innospace.study.produce import Produced

FORMATS = ("html", "pdf", "tables")
"""What the command line writes when nothing else is asked for."""
PAUSE_SECONDS = 0.2
"""Between two words of progress that differ in numbers only; what comes faster is not told."""
_NUMBERS = re.compile(r"[\d.,\s]+")


class TimeLeft:
    """Time left, from how fast the fraction grew lately.

    Steps differ in speed, and what was stored counts at once: both begin the measurement anew.
    """

    WINDOW_SECONDS = 60.0
    FIRST_SECONDS = 4.0
    """Nothing is said before so much was seen."""
    JUMP = 0.05
    """A fraction that grows so much within a second was stored before."""

    def __init__(self) -> None:
        self._step = ""
        self._seen: deque[tuple[float, float]] = deque()

    def __call__(self, step: str, fraction: float, now: float) -> float | None:
        """Return seconds left, or None when too little was seen.

        Parameters
        ----------
        step : str
        fraction : float
            Done, in [0, 1].
        now : float
            Seconds.
        """
        if step != self._step or (self._seen and self._is_jump(fraction, now)):
            self._step = step
            self._seen.clear()
        self._seen.append((now, fraction))
        while len(self._seen) > 2 and now - self._seen[1][0] > self.WINDOW_SECONDS:
            self._seen.popleft()
        took, grew = now - self._seen[0][0], fraction - self._seen[0][1]
        return (1.0 - fraction) * took / grew if took >= self.FIRST_SECONDS and grew > 0.0 else None

    def _is_jump(self, fraction: float, now: float) -> bool:
        before, last = self._seen[-1]
        return fraction < last or (fraction - last > self.JUMP and now - before < 1.0)


class Teller:
    """Progress of a run as the state of its job; stops the run when somebody wants it to end.

    Parameters
    ----------
    record : Path
        Folder of the job.
    """

    def __init__(self, record: Path) -> None:
        self.record = record
        self.job = read_state(record) or Job(record.name, JobState.RUNNING, started=time.time())
        self._words, self._told = "", 0.0
        self._left = TimeLeft()

    def __call__(self, message: str, fraction: float) -> None:
        """Tell what is being done, or raise ``KeyboardInterrupt`` when the run is to stop."""
        if is_asked_to_stop(self.record):
            raise KeyboardInterrupt
        now, words = time.time(), _NUMBERS.sub(" ", message)
        fraction = min(max(float(fraction), 0.0), 1.0)
        left = self._left(message.partition(":")[0], fraction, time.monotonic())
        if words == self._words and now - self._told < PAUSE_SECONDS:
            return
        if words != self._words:
            self.note(message)
        self._words, self._told = words, now
        self.tell(message=message, fraction=fraction, left=left)

    def tell(self, **changes: Any) -> None:
        """Write what changed; a folder that was deleted meanwhile takes its record along."""
        self.job = replace(self.job, updated=time.time(), **changes)
        with contextlib.suppress(OSError):
            write_state(self.record, self.job)

    @staticmethod
    def note(text: str) -> None:
        """Put a line into the log."""
        print(f"{datetime.now(UTC):%H:%M:%S} {text}", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Run a study and tell about it; return 0 when it came to its end."""
    file, record, alive = Path(arguments[0]), Path(arguments[1]), int(arguments[2])
    os.set_inheritable(alive, False)  # processes that this one begins must not seem to be it
    teller = Teller(record)
    try:
        made, warned = _produce(file, teller)
    except KeyboardInterrupt:
        teller.note("Stopped")
        teller.tell(state=JobState.CANCELLED)
        return 1
    except InnospaceError as error:
        teller.note(str(error))
        teller.tell(state=JobState.FAILED, error=error.to_dict())
        return 1
    except Exception as error:
        traceback.print_exc()
        teller.tell(state=JobState.FAILED, error=_unknown(error).to_dict())
        return 1
    told = tuple(dict.fromkeys([*made.found.warnings, *warned]))
    for warning in told:
        teller.note(f"Warning: {warning}")
    teller.note("Finished")
    finished = {"state": JobState.FINISHED, "message": "Finished", "fraction": 1.0}
    teller.tell(**finished, run_id=made.found.stored.run_id, warnings=told)
    return 0


def _produce(file: Path, teller: Teller) -> tuple[Produced, list[str]]:
    from innospace.study.produce import produce

    with _caught() as warned:
        made = produce(file, FORMATS, fresh=teller.job.fresh, progress=teller)
    return made, warned


@contextlib.contextmanager
def _caught() -> Iterator[list[str]]:
    """Collect what is warned of on purpose outside steps; other warnings go to the log."""
    told: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        yield told
    for w in caught:
        if issubclass(w.category, InnospaceWarning):
            told.append(str(w.message))
        else:
            warnings.warn_explicit(w.message, w.category, w.filename, w.lineno)


def _unknown(error: Exception) -> InnospaceError:
    return InnospaceError(
        f"innospace met an error it does not know: {type(error).__name__}: {error}",
        remedy="Please report it with the log of this run.",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
