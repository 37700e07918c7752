"""Names of columns of the study in words: for sentences, tables and figures. Keys of numbers stay as they are."""

from __future__ import annotations

from innospace.firms.internationalisation.waves import TwoWaves

WORDS = {
    "rd": "R&D",
    "product": "new product",
    "technology": "new technology",
    "export": "export",
    "machinery": "import of machinery",
    "inputs": "import of inputs",
    "export_cis": "export to the CIS",
    "export_beyond": "export beyond the CIS",
    "inputs_share": "share of imported inputs",
    "customs_constraint": "customs",
}
"""Roles of the study in words; other names are shown as they are."""
CROSS_SECTION = {
    "rd": "R&D",
    "rd_in_house": "in-house R&D",
    "rd_bought": "bought R&D",
    "machinery_bought": "bought machinery",
    "log_rd_per_worker": "log R&D per worker",
    "performs_rd": "spending on R&D",
    "predicted_rd_intensity": "predicted log R&D per worker",
    "log_productivity": "log sales per worker",
    "sales_per_worker": "sales per worker",
    "sector: 2": "sector: manufacturing",
    "sector: 3": "sector: services",
    "sector: 4": "sector: trade",
}
"""Columns of the Ecuador sample in words; sector 1, extraction, is the class left out."""
QUANTILES = {f"q{q}": f"{q}th percentile" for q in range(5, 100, 5)}


def words(name: str) -> str:
    """Return the name of a channel or outcome in words."""
    return WORDS.get(name, name.replace("_", " "))


def doing(channel: str) -> str:
    """Return what a firm does that trades by a channel."""
    return {"export": "exporting", "machinery": "importing machinery", "inputs": "importing inputs"}.get(
        channel, words(channel)
    )


def beginning(outcome: str) -> str:
    """Return what a firm does that starts an innovation."""
    first = {"product": "a first new product", "technology": "a first new technology"}
    return first.get(outcome, f"starting {words(outcome)}")


def panel_labels(waves: TwoWaves) -> dict[str, str]:
    """Return the columns that the study makes of a panel, in words."""
    plan = waves.plan
    first, last = plan.waves
    found = dict(QUANTILES)
    for c in plan.channels:
        found |= {
            f"{c}_starter": f"start of {words(c)}",
            f"new_{c}": f"start of {words(c)}",
            f"{c}_quitter": f"end of {words(c)}",
            f"{c}_continuous": f"{words(c)} in both waves",
            f"{c}_before": f"{words(c)} in {first}",
        }
    for o in plan.outcomes:
        found |= {
            f"{o}_start": f"start of {words(o)}",
            f"{o}_before": f"{words(o)} in {first}",
            f"{o}_after": f"{words(o)} in {last}",
        }
    found |= {f"{m}_before": f"{words(m)} in {first}" for m in plan.markets}
    found |= {n: n.replace("_", " ") for n in (*plan.traits, *plan.partners, *waves.locations)}
    if plan.inputs_share:
        share = words(plan.inputs_share)
        found |= {plan.inputs_share: share, f"{plan.inputs_share}_x_machinery_starter": f"{share} × start"}
    if "rd" in plan.outcomes:
        found["rd"] = WORDS["rd"]
    own = {"log_productivity": "log productivity", "value_added_per_worker": "value added per worker"}
    return found | own | {"before_difference": "difference of levels before"}
