"""What every page has at hand."""

from __future__ import annotations

from dataclasses import dataclass

from innospace.web.compute import Compute
from innospace.web.jobs import Jobs
from innospace.web.workspace import Workspace


@dataclass(frozen=True, slots=True)
class AppContext:
    """What every page has at hand.

    Attributes
    ----------
    workspace : Workspace
        Folder of studies.
    jobs : Jobs
        Runs in processes of their own.
    compute : Compute
        ``await context.compute(function, *arguments)``: short work in a worker process.
    """

    workspace: Workspace
    jobs: Jobs
    compute: Compute
