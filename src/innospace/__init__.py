"""Workbench for the economics of regional innovation.

Public names are loaded when first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

# the defining modules, not their rooms: a room's attribute of the same name may be a module;
# after a colon the name there, when it is another one
_HOME = {
    # tables, samples, matrices
    "SAM": "data.sam",
    "Dataset": "data.dataset",
    "FirmPanel": "data.panels.panel",
    "from_waves": "data.panels.panel",
    "load_sample": "data.catalogue",
    "panel_of": "data.panels.panel",
    "read_columns": "data.panels.columns",
    "read_sam": "data.sam",
    "read_table": "data.readers",
    "samples": "data.catalogue",
    # studies and reports
    "InnospaceError": "core.errors",
    "draw": "report.charts",
    "load_study": "study.load",
    "run": "study.execute",
    "write_report": "report.write",
    # frontiers
    "SpaceSpec": "frontier.space.spec",
    "compare": "frontier.comparison",
    "fit": "frontier.fitting",
    "fit_panel": "frontier.panel.fit",
    "fit_space": "frontier.space",
    "fit_structure": "frontier.structure.fit",
    "fit_outcomes": "frontier.outcomes",
    "metafrontier": "frontier.structure.metafrontier",
    "rank_correlations": "frontier.comparison",
    "replicate_innovation_space": "frontier.replication",
    # the economy
    "Closure": "economy.models.knowledge.closure",
    "KnowledgeModel": "economy.models.knowledge.model",
    "KnowledgeSpec": "economy.models.knowledge.spec",
    "Scenario": "economy.scenario",
    "Shock": "economy.scenario",
    "replicate_bashkortostan": "economy.replication",
    # firms: every verb of the engine
    "adoption": "firms.complementarity_adoption",
    "biprobit": "firms.choice.bivariate",
    "cdm": "firms.cdm",
    "cinelli_hazlett": "firms.effects.cinelli_hazlett",
    "compare_distributions": "firms.self_selection",
    "complementarity": "firms.complementarity",
    "control_function": "firms.endogeneity",
    "descriptives": "firms.descriptives",
    "did": "firms.effects.did",
    "doubly_robust": "firms.effects.doubly_robust",
    "dynamic_probit": "firms.choice.dynamic",
    "entry": "firms.entry",
    "heckman": "firms.selection",
    "instrumental_variables": "firms.endogeneity",
    "interaction": "firms.complementarity_interaction",
    "match": "firms.effects.matching",
    "match_did": "firms.effects.match_did",
    "mediation": "firms.mediation",
    "multivariate_probit": "firms.choice.multivariate",
    "networks": "firms.networks",
    "ordered_probit": "firms.choice.ordered",
    "oster": "firms.effects.oster",
    "pre_entry": "firms.self_selection",
    "premia": "firms.premia",
    "probit": "firms.choice.binary:binary",
    "productivity": "firms.productivity",
    "random_effects_probit": "firms.choice.random_effects",
    "recursive_biprobit": "firms.choice.recursive",
    "rosenbaum": "firms.effects.rosenbaum",
    "sun_abraham": "firms.effects.sun_abraham",
    "twfe": "firms.effects.did_twfe",
    "weight": "firms.effects.weighting",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from innospace.core.provenance import package_version

        return package_version()
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, there = _HOME[name].partition(":")
    return getattr(importlib.import_module(f"{__name__}.{module}"), there or name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
