"""What results of frontiers offer that can be estimated again on drawn samples: one call for all of them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, cast

from innospace.core.parts import Resume
from innospace.core.progress import Progress, silent
from innospace.frontier.bootstrap.refits import Ask, Means, Refits

if TYPE_CHECKING:
    from innospace.frontier.bootstrap.resampled import Resampled


class Redrawn:
    """The part of a result that is its bootstrap.

    Attributes
    ----------
    DRAWN : class attribute
        Module with ``drawn``, a function of the result, an :class:`~innospace.frontier.bootstrap.refits.Ask` and
        :class:`~innospace.frontier.bootstrap.refits.Means`, and with ``BOOTSTRAP``, a class made of the result and its
        refits.
    refits : Refits or None
        Estimates on samples that were drawn along with the fit.
    """

    DRAWN: ClassVar[str]
    refits: Refits | None

    def bootstrap(
        self,
        replications: int = 999,
        *,
        kind: str | None = None,
        seed: int = 0,
        workers: int | None = 1,
        executor: Any = None,
        resume: Resume = None,
        progress: Progress = silent,
    ) -> Resampled:
        """Estimate the model again on samples drawn from the estimate or from the rows.

        Parameters
        ----------
        replications : int
            At least 20; some hundreds for standard errors, a thousand or more for intervals.
        kind : str, optional
            ``parametric``: outcomes simulated from the estimate, in a panel with effects and inefficiency of a unit
            drawn once for all its periods, with a structure with all that it explains: classes, endogenous regressors,
            which rows are selected (:mod:`innospace.frontier.structure.draws`); ``pairs``: rows drawn with replacement;
            ``block``: whole blocks of rows, by the clusters of the fit, or else by firm or region, in a panel by unit,
            of which one that is drawn twice counts as two. When not given, ``parametric``; with a structure ``block``
            where the fit names clusters and ``pairs`` elsewhere; of a metafrontier ``pairs``, within its groups.
        seed : int
            Numbers depend on it and not on ``workers`` or ``executor``.
        workers : int, optional
            Processes; all cores when None.
        executor : optional
            An executor of :mod:`concurrent.futures` instead of ``workers``, such as that of a cluster.
        resume : path or Parts, optional
            A folder where finished replications are kept until all is done, so that an interrupted call goes on.
        progress : callable

        Returns
        -------
        Resampled

        Raises
        ------
        SpecError
            A kind that this frontier does not have, too few replications or blocks, a negative seed; a model without a
            distribution of inefficiency; an estimate that is no maximum.
        SolverError
            More than half of the replications gave no estimate.

        Notes
        -----
        Refits that end on a boundary are kept: leaving them out would make the spread too small where inefficiency is
        near zero (Simar and Wilson 2010). Refits of panels and structures start at the estimate; one that does not end
        inside the parameter space is searched for from all starts of an ordinary fit. Latent classes of a refit take
        the labels with which the rows of the draw are divided most as by the estimate (Stephens 2000).
        """
        ask, means = Ask(replications, kind, seed), Means(workers, executor, resume, progress)
        return cast("Resampled", import_module(self.DRAWN).drawn(self, ask, means))

    @property
    def resampled(self) -> Resampled | None:
        """The bootstrap that was made along with the fit, as a step of a study does; None without one."""
        if self.refits is None:
            return None
        return cast("Resampled", import_module(self.DRAWN).BOOTSTRAP(self, self.refits))
