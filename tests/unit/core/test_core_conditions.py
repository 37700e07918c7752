"""When an option matters, in words."""

import pytest

from innospace.core.conditions import unmet


@pytest.mark.parametrize(
    ("only", "values", "what"),
    [
        ("", {}, ""),
        ("panel", {"panel": "pitt_lee"}, ""),
        ("panel", {"panel": ""}, "panel"),
        ("no model, panel", {"model": "m", "panel": "p"}, "no model"),
        ("no model, panel", {}, "panel"),
        ("groups", {"groups": []}, "groups"),
        ("structure=counts", {"structure": "selection"}, "structure=counts"),
        ("structure=counts", {"structure": "counts"}, ""),
        ("no panel, model | groups", {"groups": ["a"]}, ""),
        ("no panel, model | groups", {"panel": "p"}, "no panel, groups"),
        ("no panel, model | no panel, groups", {"panel": "p"}, "no panel"),
    ],
)
def test_the_first_condition_that_is_not_met(only, values, what):
    assert ", ".join(unmet(only, values)) == what
