from __future__ import annotations

import csv

import numpy as np
import pytest

MODEL = "log(q) ~ log(v)"


@pytest.fixture
def table(tmp_path):
    """Write a table with known frontier, one row incomplete; returns a function that overrides cells by column."""
    rng = np.random.default_rng(5)
    v = np.exp(rng.normal(3.0, 1.0, 60))
    q = np.exp(0.5 + 0.6 * np.log(v) + 0.1 * rng.normal(size=60) - np.abs(0.6 * rng.normal(size=60)))

    def write(name: str = "таблица.csv", **cells: list[object]):
        columns = {"region": [f"Край {i}" for i in range(60)], "q": q.tolist(), "v": v.tolist(), "w": [1.0] * 60}
        columns |= {k: (list(c) + columns.get(k, [0.0] * 60)[len(c) :]) for k, c in cells.items()}
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))
        return name

    return write


def test_json_holds_what_other_programs_rely_on(command, table):
    shown = command("fit", table(), MODEL, "--json")
    assert shown.code == 0
    found = shown.json
    assert found["converged"] is True
    assert found["n"] == 60
    assert list(found["coefficients"])[:2] == ["Intercept", "log(v)"]
    assert set(found["coefficients"]["log(v)"]) >= {"estimate", "std_error", "z", "p_value"}
    assert found["coefficients"]["log(v)"]["estimate"] == pytest.approx(0.6, abs=0.1)
    assert set(found["tests"]["no_inefficiency"]) >= {"statistic", "p_value"}
    assert set(found["starts"]) >= {"tried", "agreed"}
    assert {"status", "log_likelihood", "sigma_u", "sigma_v", "mean_efficiency", "checks", "warnings"} <= set(found)


def test_efficiencies_have_a_row_for_every_row(command, table, tmp_path):
    name = table(v=[""])
    shown = command("fit", name, MODEL, "--efficiencies", "e.csv", "--level", "0.9", "--json")
    assert shown.code == 0
    assert "left out" in shown.json["warnings"][0]
    rows = list(csv.reader((tmp_path / "e.csv").read_text(encoding="utf-8").splitlines()))
    assert rows[0] == ["row", "te_jlms", "te_bc", "te_mode", "te_lower", "te_upper"]
    assert rows[1] == ["1", "", "", "", "", ""]
    assert [r[0] for r in rows[1:]] == [str(i) for i in range(1, 61)]
    assert all(0.0 < float(c) <= 1.0 for r in rows[2:] for c in r[1:])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["e.csv", name]


def test_text_fits_the_terminal_and_quiet_is_quiet(command, table):
    shown = command("fit", table(), MODEL)
    assert max(map(len, shown.out.splitlines())) <= 100
    assert "log(v)" in shown.out
    assert command("fit", table(), MODEL, "--quiet").out == ""


def test_options_reach_the_engine(command, table):
    name = table()
    costs = command("fit", name, "v ~ q", "--cost", "--inefficiency", "exponential", "--weights", "w", "--json").json
    assert (costs["cost"], costs["inefficiency"]) == (True, "exponential")
    clustered = command("fit", name, MODEL, "--cluster", "region", "--json").json
    assert clustered["covariance"] == "cluster"
    robust = command("fit", name, MODEL, "--vcov", "robust", "--json").json
    assert robust["covariance"] == "robust"
    drawn = [command("fit", name, MODEL, "--bootstrap", "30", "--seed", s, "--json").json for s in ("4", "4", "5")]
    assert [d["bootstrap"]["seed"] for d in drawn] == [4, 4, 5]
    assert drawn[0]["bootstrap"] == drawn[1]["bootstrap"]
    assert drawn[0]["bootstrap"]["intervals"] != drawn[2]["bootstrap"]["intervals"]


def test_a_structure_has_a_bootstrap_of_rows_or_clusters_or_simulated(command, table):
    # the first draws are log(v): an instrument that goes with it, so that refits are short
    z = np.random.default_rng(5).normal(3.0, 1.0, 60) + np.random.default_rng(6).normal(0.0, 0.5, 60)
    name = table(w=np.arange(60) // 2, z=z.tolist())
    ask = ("--structure", "endogenous", "--bootstrap", "20", "--json")
    model = f"{MODEL} | endogenous: log(v) | instruments: z"
    asked = ((), ("--cluster", "w"), ("--bootstrap-kind", "parametric"))
    kinds = [command("fit", name, model, *ask, *more).json["bootstrap"]["kind"] for more in asked]
    assert kinds == ["pairs", "block", "parametric"]
    refused = command("fit", name, model, *ask, "--bootstrap-kind", "parametrisch")
    assert refused.code == 2
    assert "parametric" in refused.json["error"]["allowed"]


def test_several_outcomes_are_those_of_python(command, table, tmp_path):
    from innospace.data.readers import read_table
    from innospace.frontier.outcomes import fit_outcomes

    rng = np.random.default_rng(6)
    name = table(p=np.exp(rng.normal(1.0, 0.5, 60)).tolist())
    asked = ("fit", name, "log(outcome) ~ log(v)", "--outcome", "q", "--outcome", "p")
    shown = command(*asked, "--json", "--efficiencies", "e.csv")
    found = fit_outcomes("log(outcome) ~ log(v)", read_table(tmp_path / name), outcomes=("q", "p"))
    assert shown.json["fits"]["p"]["log_likelihood"] == pytest.approx(found.fits["p"].loglik)
    assert shown.json["correlations"][0]["rows"] == 60
    assert (tmp_path / "e.csv").read_text(encoding="utf-8").startswith("row,region,te_q,te_p,mean_rank")
    refused = command(*asked, "--panel", "pitt_lee")
    assert refused.code == 2
    assert "--panel" in refused.err


def test_profile_intervals_are_those_of_python(command, table, tmp_path):
    from innospace.data.readers import read_table
    from innospace.frontier.fitting import fit

    name = table()
    shown = command("fit", name, MODEL, "--profile", "--level", "0.9", "--json")
    assert shown.code == 0
    found = fit(MODEL, read_table(tmp_path / name)).profile("log(v)", 0.9)
    assert shown.json["profile"]["log(v)"] == pytest.approx(found.to_dict())
    assert set(shown.json["profile"]) == {"Intercept", "log(v)"}
    text = command("fit", name, MODEL, "--profile", "--level", "0.9").out
    assert "Profile likelihood, 90% intervals" in text
    refused = command("fit", name, MODEL, "--structure", "contaminated_noise", "--profile")
    assert refused.code == 2
    assert "--profile" in refused.err


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--inefficiency", "halfnormal"], "half_normal"),
        (["--vcov", "hesian"], "hessian"),
        (["--vcov", "cluster"], "cluster labels"),
        (["--level", "95"], "level"),
        (["--bootstrap", "30", "--seed", "-1"], "seed"),
        (["--level", "nan"], "level"),
        (["--weights", "nope"], "nope"),
        (["--cluster", "nope"], "nope"),
        (["--encoding", "klingon"], "klingon"),
        (["--efficiencies", "no/such/e.csv"], "cannot be written"),
        (["--efficiencies", "."], "is a folder"),
    ],
)
def test_wrong_options(command, table, options, what):
    shown = command("fit", table(), MODEL, *options)
    assert shown.code == 2
    assert what in shown.err
    assert "Traceback" not in shown.err


def test_the_output_never_replaces_the_table(command, table, tmp_path):
    name = table()
    before = (tmp_path / name).read_bytes()
    shown = command("fit", name, MODEL, "--efficiencies", f"./{name}")
    assert shown.code == 2
    assert (tmp_path / name).read_bytes() == before


def test_an_unwritable_place_is_told_before_the_table_is_read(command):
    assert "cannot be written" in command("fit", "missing.csv", MODEL, "--efficiencies", "no/e.csv").err


def test_a_failed_fit_leaves_no_file(command, table, tmp_path):
    name = table(q=[0.0])
    assert command("fit", name, MODEL, "--efficiencies", "e.csv").code == 2
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("formula", "what"),
    [
        ("log(q) ~ log(spce)", "Unknown column"),
        ("q ~ __import__('os').system('touch hacked')", "not part of the formula language"),
        ("q ~ exec(v)", "not an allowed transform"),
        ("q ~ v.__class__", "Unknown column"),
        ("q ~ v.__class__()", "not part of the formula language"),
        ("q", "one outcome"),
        ("", "one outcome"),
        ("q ~ v + I(2 * v)", "collinear"),
        ("w ~ v", "constant"),
        ("q ~ region", "text where numbers"),
    ],
)
def test_wrong_formulas(command, table, tmp_path, formula, what):
    shown = command("fit", table(), formula, "--json")
    assert shown.code == 2
    assert what in shown.json["error"]["what"]
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ({"q": [0.0]}, "not a finite number"),
        ({"q": [-1.0]}, "not a finite number"),
        ({"q": ["много"]}, "много"),
        ({"v": ["inf"]}, "not a finite number"),
        ({"v": ["inf", "n/d"]}, "n/d"),
    ],
)
def test_wrong_cells(command, table, cells, what):
    shown = command("fit", table(**cells), MODEL)
    assert shown.code == 2
    assert what in shown.err


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "no file"),
        (b"", "empty"),
        (b"q,v\n", "no rows"),
        (b"q,v\n1,2\n", "parameters"),
        (b"q,v\n1,2\n2,3\n3,5\n", "parameters"),
        (b"q,q\n1,2\n", "q"),
        (b"\x00\x01\x02", "binary"),
    ],
)
def test_wrong_tables(command, tmp_path, content, what):
    if content is not None:
        (tmp_path / "t.csv").write_bytes(content)
    shown = command("fit", "t.csv", MODEL)
    assert shown.code == 2
    assert what in shown.err


def test_windows_tables_with_decimal_commas(command, tmp_path):
    rng = np.random.default_rng(1)
    v = rng.uniform(1, 9, 40)
    q = 1 + v + 0.1 * rng.normal(size=40) - np.abs(rng.normal(size=40))
    lines = ["выпуск;затраты", *(f"{a:.4f};{b:.4f}".replace(".", ",") for a, b in zip(q, v, strict=True))]
    (tmp_path / "t.csv").write_bytes("\r\n".join(lines).encode("cp1251"))
    options = ["--encoding", "cp1251", "--delimiter", ";", "--decimal", ","]
    found = command("fit", "t.csv", "выпуск ~ затраты", "--json", *options)
    assert "затраты" in found.json["coefficients"]
    assert "затраты" in found.out


def test_codes_stay_text_on_request(command, table):
    name = table(region=["01", "02"])
    shown = command("fit", name, MODEL, "--text", "region", "--cluster", "region", "--json")
    assert shown.code == 0, shown.err
    assert "nope" in command("fit", name, MODEL, "--text", "nope").err


def test_a_panel_by_command_is_the_panel_in_python(command, tmp_path):
    import numpy as np
    import pandas as pd

    from innospace import fit_panel

    rng = np.random.default_rng(3)
    unit = np.repeat(np.arange(40), 5)
    x = rng.normal(size=200)
    y = x + rng.normal(0.0, 0.3, 40)[unit] + rng.normal(0.0, 0.2, 200) - np.abs(rng.normal(0.0, 0.5, 200))
    table = pd.DataFrame({"y": y, "x": x, "region": unit, "year": np.tile(np.arange(5), 40)})
    table.to_csv(tmp_path / "panel.csv", index=False)
    shown = command(
        *("fit", tmp_path / "panel.csv", "y ~ x", "--panel", "true_random_effects", "--json"),
        *("--efficiencies", tmp_path / "te.csv"),
    )
    assert shown.code == 0
    assert shown.json["numbers"]["log_likelihood"] == fit_panel("y ~ x", table).loglik
    assert list(pd.read_csv(tmp_path / "te.csv").columns)[:3] == ["unit", "time", "te"]
    refused = command("fit", tmp_path / "panel.csv", "y ~ x", "--panel", "pitt_lee", "--noise", "laplace")
    assert refused.code == 2
    assert "--noise" in refused.err


def test_a_structure_is_fitted_and_foreign_options_are_refused(command, table):
    shown = command("fit", table(), MODEL, "--structure", "contaminated_noise", "--json", "--efficiencies", "te.csv")
    assert shown.json["numbers"]["log_likelihood"] < 0.0
    assert "logit_wide" in shown.json["coefficients"]
    refused = command("fit", table(), MODEL, "--structure", "latent_class", "--noise", "laplace")
    assert refused.code == 2
    assert "--noise" in refused.err
    refused = command("fit", table(), MODEL, "--classes", "3")
    assert refused.code == 2
    assert "latent classes" in refused.err
