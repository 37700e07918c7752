"""Models as TOML files equal those written in Python; what is wrong is named."""

from __future__ import annotations

import pytest

from innospace.core.errors import LabelError, SpecError
from innospace.data.catalogue import read_packaged
from innospace.economy.general.files import read_model, spec_from_dict
from innospace.economy.general.models import ready
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import compile_spec, solve

EXACT = 1e-12
MODEL = """
name = "splcge"
sam = "sam.csv"
numeraire = { LAB = 1.0 }

[[activity]]
name = "Z.BRD"
inputs = { name = "factors", elasticity = 1.0, flows = { CAP = "CAP:BRD", LAB = "LAB:BRD" } }
outputs = { name = "output", flows = { BRD = "BRD:HOH" } }

[[activity]]
name = "Z.MLK"
inputs = { name = "factors", elasticity = 1.0, flows = { CAP = "HOH:CAP - CAP:BRD", LAB = 15 } }
outputs = { name = "output", flows = { MLK = "MLK:HOH" } }

[[agent]]
name = "HOH"
endowments = { CAP = "HOH:CAP", LAB = "HOH:LAB" }
demand = { name = "consumption", elasticity = 1.0, flows = { BRD = "BRD:HOH", MLK = "MLK:HOH" } }
"""


def _write(folder, text):
    read_packaged("splcge-sam.csv").to_csv(folder / "sam.csv", index=False)
    (folder / "модель.toml").write_text(text, encoding="utf-8")
    return folder / "модель.toml"


def test_a_file_is_the_model(tmp_path):
    written, known = read_model(_write(tmp_path, MODEL)), ready("splcge")
    one, other = (compile_spec(s) for s in (written, known.spec))
    found = [known.levels(solve(e, shocked(e, known.scenarios[0]))) for e in (one, other)]
    assert found[0] == pytest.approx(found[1], abs=EXACT)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("CAP:BRD", "CAPP:BRD", "CAPP"),
        ("elasticity = 1.0, flows = { CAP", "elasticty = 1.0, flows = { CAP", "elasticty"),
        ('name = "HOH"\n', "", "name"),
        ("numeraire = { LAB = 1.0 }\n", "", "numeraire"),
        ("LAB = 15", 'LAB = "fifteen"', "fifteen"),
        ("LAB = 15", "LAB = -15", "-15"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, old, new, said):
    with pytest.raises((SpecError, LabelError)) as caught:
        read_model(_write(tmp_path, MODEL.replace(old, new)))
    assert said in str(caught.value)


def test_taxes_transfers_and_instruments():
    spec = spec_from_dict(
        {
            "name": "m",
            "numeraire": {"L": 1.0},
            "activity": [
                {
                    "name": "make",
                    "inputs": {
                        "flows": {"L": {"quantity": 10, "taxes": [{"name": "t", "rate": 0.2, "collector": "G"}]}}
                    },
                    "outputs": {"flows": {"X": 12}},
                }
            ],
            "agent": [
                {"name": "H", "endowments": {"L": 10}, "demand": {"flows": {"X": 10}}},
                {"name": "G", "demand": {"flows": {"X": 2}}},
            ],
            "transfer": [{"name": "gift", "payer": "H", "receiver": "G", "rule": "share", "value": 0.0}],
        }
    )
    found = solve(compile_spec(spec))
    assert found.iterations == 0
    assert found.tax("t") == {("make", "L"): pytest.approx(2.0)}
