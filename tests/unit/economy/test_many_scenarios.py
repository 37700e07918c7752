"""Many scenarios are solved by chunk in worker processes, kept, and the same as one by one."""

from __future__ import annotations

import numpy as np
import pytest
from economy_cases import model, shock

from innospace.core.packed import packed, unpacked
from innospace.economy.models.knowledge import many
from innospace.economy.models.knowledge.dynamics import solve_path
from innospace.economy.models.knowledge.many import CHUNK, FEW, solve_paths


class Kept(dict):
    """Parts in memory; counts what is saved."""

    def __init__(self):
        super().__init__()
        self.saved = []

    def load(self, name):
        return self.get(name)

    def save(self, name, content):
        self[name] = content
        self.saved.append(name)


def scenarios(count):
    from dataclasses import replace

    return [replace(shock("public_wage_ratio", "multiply", 1.0 + n / 1000.0), name=f"wage-{n}") for n in range(count)]


def test_workers_change_no_number_and_order_stays():
    m, given = model(last_year=2014), scenarios(FEW + CHUNK)
    found = solve_paths(m, given, workers=2)
    assert list(found) == ["baseline", *(s.name for s in given)]
    for name in ("baseline", "wage-0", "wage-37", f"wage-{FEW + CHUNK - 1}"):
        one = solve_path(m, found[name].scenario)
        np.testing.assert_array_equal(found[name].levels, one.levels)
        np.testing.assert_array_equal(found[name].reported, one.reported)
        assert found[name].iterations == one.iterations


def test_an_interrupted_run_goes_on_after_the_last_chunk():
    m, given, kept, told = model(last_year=2014), scenarios(FEW + 5), Kept(), []

    def stop(message, fraction):
        told.append((message, fraction))
        if len(told) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve_paths(m, given, workers=1, resume=kept, progress=stop)
    assert len(kept) == 2
    whole = solve_paths(m, given, workers=1, resume=kept)
    assert len(kept.saved) == -(-(len(given) + 1) // CHUNK)
    again = solve_paths(m, given, workers=1, resume=kept)
    assert len(kept.saved) == -(-(len(given) + 1) // CHUNK), "nothing is solved twice"
    for name, path in whole.items():
        np.testing.assert_array_equal(again[name].levels, path.levels)
        np.testing.assert_array_equal(again[name].reported, path.reported)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive", b"\x93NUMPY"])
def test_a_damaged_chunk_is_solved_again(damage):
    m, given, kept = model(last_year=2013), scenarios(FEW), Kept()
    solve_paths(m, given, workers=1, resume=kept)
    first = kept.saved[0]
    kept[first] = damage
    solve_paths(m, given, workers=1, resume=kept)
    assert kept.saved.count(first) == 2


def test_a_chunk_of_another_model_is_not_taken():
    given, kept = scenarios(FEW), Kept()
    solve_paths(model(last_year=2013), given, workers=1, resume=kept)
    solve_paths(model(stock="lag", last_year=2013), given, workers=1, resume=kept)
    assert len(set(kept.saved)) == len(kept.saved) == 2 * len(range(0, len(given) + 1, CHUNK))


def test_a_failed_path_survives_the_way_to_a_file():
    from dataclasses import replace

    m = model("fixed_share")
    failing = replace(shock("norm", "multiply", 5.0), name="too-much")
    path = solve_path(m, failing)
    assert path.failure is not None
    back = many._restored(m, [failing], unpacked(packed(many._plain([path]))))[0]
    assert (back.failure.code, back.failure.worst, back.years) == (path.failure.code, path.failure.worst, path.years)
