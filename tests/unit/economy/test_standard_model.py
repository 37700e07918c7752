"""The standard country model against its equations written out and solved otherwise; closures; households."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import root

from innospace.core.errors import InnospaceError
from innospace.economy.general.gates import gates
from innospace.economy.general.households import linear_expenditure, with_leisure
from innospace.economy.general.models import ready
from innospace.economy.general.models.ready_model import data
from innospace.economy.general.models.standard import CLOSURES, MODEL, build
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import compile_spec, solve
from innospace.economy.general.spec import Activity, Agent, Commodity, Endowment, Spec
from innospace.economy.general.trees import Flow, Nest, single

SOLVED = 1e-9
"""Solutions end at residuals below 1e-11 of the size of a condition."""
SECOND = 1e-8
"""The second solver has derivatives by differences and ends near 1e-10."""
EXACT = 1e-12
D = data("standard")
MAKERS = [(a, c) for a, f in D["activities"].items() for c in f["makes"]]


def ces(shares, prices, elasticity):
    """Return the price of a nest at benchmark prices of one."""
    return sum(s * p ** (1.0 - elasticity) for s, p in zip(shares, prices, strict=True)) ** (1.0 / (1.0 - elasticity))


def parts(values):
    return [v / sum(values) for v in values]


class WrittenOut:
    """The equations of the manual at prices of one: 29 unknowns in logarithms; the market of FX follows."""

    def __init__(self, tariffs=True, small=1.0):
        self.tariffs, self.made = tariffs, {a: small if a == "SMALL" else 1.0 for a in D["activities"]}

    def solve(self):
        sizes = {"w": 4, "exr": 1, "pq": 3, "qa": 4, "pxa": 5, "px": 3, "qx": 3, "pd": 3, "qq": 3}
        ends = np.cumsum(list(sizes.values()))
        self.slices = {n: slice(e - s, e) for (n, s), e in zip(sizes.items(), ends, strict=True)}
        found = root(self.residual, np.zeros(29), tol=1e-13)
        assert np.max(np.abs(found.fun)) < SECOND
        return {n: np.exp(found.x[s]) for n, s in self.slices.items()}

    def residual(self, x):
        v = {n: np.exp(x[s]) for n, s in self.slices.items()}
        w = dict(zip(D["factors"], v["w"], strict=True))
        pq, px, qx, pd, qq = (dict(zip(D["goods"], v[n], strict=True)) for n in ("pq", "px", "qx", "pd", "qq"))
        pxa, qa = dict(zip(MAKERS, v["pxa"], strict=True)), dict(zip(D["activities"], v["qa"], strict=True))
        exr, bend, out = float(v["exr"][0]), D["elasticities"], []
        used, revenue = dict.fromkeys(D["factors"], 0.0), 0.0
        demand = {c: D["government"]["goods"][c] for c in D["goods"]}
        for a, f in D["activities"].items():
            cost, added = self.added(f["factors"], w, bend)
            for n, x0 in f["factors"].items():
                used[n] += x0 * qa[a] * added[n]
            for c, x0 in f["goods"].items():
                demand[c] += x0 * qa[a]
            receipts = self.made[a] * sum(y * pxa[a, c] for c, y in f["makes"].items())
            rate = f["tax"] / sum(f["makes"].values())
            out.append((1.0 - rate) * receipts - cost - sum(x0 * pq[c] for c, x0 in f["goods"].items()))
            revenue += rate * receipts * qa[a]
        out += [np.log(used[f] / sum(h["factors"].get(f, 0) for h in self.owners())) for f in D["factors"]]
        kept, spent, saving, taxes = self.households(w, pq, pxa, exr)
        for c, x in spent.items():
            demand[c] += x
        margin = 0.0
        for c, m in D["markets"].items():
            way, total = m["margins"], qx[c]
            names = [k for k in MAKERS if k[1] == c]
            sold = {k: D["activities"][k[0]]["makes"][c] - self.home(k) for k in names}
            price = ces(parts(list(sold.values())), [pxa[k] for k in names], bend["makers"])
            out.append(np.log(price / px[c]))
            for k in names:
                asked = sold[k] * total * (px[c] / pxa[k]) ** bend["makers"] + kept.get(k, 0.0)
                out.append(np.log(asked / (D["activities"][k[0]]["makes"][c] * self.made[k[0]] * qa[k[0]])))
            wx, wd, wm = way.get("exports", 0), way.get("domestic", 0), way.get("imports", 0)
            pe = (exr * (m["exports"] + wx) - pq["SER"] * wx) / m["exports"]
            both = parts([m["domestic"], m["exports"]])
            out.append(np.log(ces(both, [pd[c], pe], -bend["sales"]) / px[c]))
            bought = m["imports"] + m["tariff"]
            rate = m["tariff"] / m["imports"] if self.tariffs else 0.0
            pm = exr * (1.0 + rate) * m["imports"] / bought
            pdom = (pd[c] * m["domestic"] + pq["SER"] * wd) / (m["domestic"] + wd)
            pimp = (pm * bought + pq["SER"] * wm) / (bought + wm)
            mix = ces(parts([m["domestic"] + wd, bought + wm]), [pdom, pimp], bend["origins"])
            out.append(np.log(mix / pq[c]))
            d = qq[c] * (mix / pdom) ** bend["origins"]
            i = qq[c] * (mix / pimp) ** bend["origins"]
            e = total * (pe / px[c]) ** bend["sales"]
            out.append(np.log(d / (total * (pd[c] / px[c]) ** bend["sales"])))
            margin += wx * e + wd * d + wm * i
            paid = m["domestic"] + bought + wd + wm + m["sales tax"]
            revenue += m["sales tax"] * qq[c] * pq[c] + rate * m["imports"] * exr * i
            demand[c] -= paid * qq[c]
        demand["SER"] += margin
        left = revenue + taxes - sum(x * pq[c] for c, x in D["government"]["goods"].items())
        left -= sum(h["from government"] for h in D["households"].values())
        saving += left + D["foreign saving"] * exr
        level = saving / sum(x * pq[c] for c, x in D["investment"].items())
        out += [(demand[c] + D["investment"][c] * level) / 100.0 for c in D["goods"]]
        basket = {c: sum(h["goods"][c] for h in D["households"].values()) for c in D["goods"]}
        out.append(sum(basket[c] * pq[c] for c in basket) / sum(basket.values()) - 1.0)
        return np.array(out)

    def added(self, factors, w, bend):
        """Return the cost of value added and demand of factors per benchmark demand, both at level 1."""
        types = [n for n in ("LAB", "SKL") if n in factors]
        wage = ces(parts([factors[n] for n in types]), [w[n] for n in types], bend["labour"])
        others = [n for n in ("CAP", "LAND") if n in factors]
        sizes = [sum(factors[n] for n in types), *(factors[n] for n in others)]
        price = ces(parts(sizes), [wage, *(w[n] for n in others)], bend["value added"])
        use = {n: (price / wage) ** bend["value added"] * (wage / w[n]) ** bend["labour"] for n in types}
        return price * sum(sizes), use | {n: (price / w[n]) ** bend["value added"] for n in others}

    def owners(self):
        return [*D["households"].values(), D["enterprises"]]

    def home(self, maker):
        return sum(h["home"].get(".".join(maker), 0) for h in D["households"].values())

    def households(self, w, pq, pxa, exr):
        """Return what is eaten at home, what is bought, private saving and direct taxes."""
        firm = D["enterprises"]
        profit = firm["factors"]["CAP"] * w["CAP"]
        taxes, kept, bought = profit * firm["direct tax"] / 60.0, {}, dict.fromkeys(D["goods"], 0.0)
        saving = profit - taxes
        for h in D["households"].values():
            gain = h["from enterprises"] / (60.0 - firm["direct tax"]) * (profit - profit * firm["direct tax"] / 60.0)
            first = sum(h["factors"].values()) + h["from enterprises"] + h["from government"] + h["from abroad"]
            income = (
                sum(x * w[f] for f, x in h["factors"].items()) + gain + h["from government"] + h["from abroad"] * exr
            )
            tax = h["direct tax"] / first * income
            save = h["saving"] / (first - h["direct tax"]) * (income - tax)
            saving, taxes, spending = saving - gain + save, taxes + tax, income - tax - save
            amount = {c: float(x) for c, x in h["goods"].items()} | {k: float(x) for k, x in h["home"].items()}
            price = {k: pq[k] if k in pq else pxa[tuple(k.split("."))] for k in amount}
            beta = {k: amount[k] / sum(amount.values()) * h["elasticity"].get(k, 0.0) for k in amount}
            beta["SER"] = 1.0 - sum(beta.values())
            least = {k: amount[k] + beta[k] * sum(amount.values()) / h["frisch"] for k in amount}
            free = spending - sum(price[k] * least[k] for k in amount)
            for k in amount:
                x = least[k] + beta[k] * free / price[k]
                if k in bought:
                    bought[k] += x
                else:
                    kept[tuple(k.split("."))] = x
        return kept, bought, saving, taxes


@pytest.fixture(scope="module")
def economy():
    return compile_spec(build())


def test_the_benchmark_is_the_table_and_needs_no_iteration(economy):
    found = solve(economy)
    assert found.iterations == 0
    assert found.residual < SOLVED
    for name, h in D["households"].items():
        for c, x in h["goods"].items():
            assert found.flow(name, f"Q.{c}") == pytest.approx(x, rel=EXACT)
    assert found.flow("rural", "SMALL.FOOD") == pytest.approx(20.0, rel=EXACT)
    assert found.income("investment") == pytest.approx(50.0, rel=EXACT)
    assert found.transfer("saving.government") == pytest.approx(20.0, rel=EXACT)


@pytest.mark.parametrize(("scenario", "options"), [("tariffs", {"tariffs": False}), ("yields", {"small": 1.1})])
def test_equations_written_out_and_solved_otherwise_have_the_same_solution(economy, scenario, options):
    model = ready("standard")
    found = solve(economy, shocked(economy, next(s for s in model.scenarios if s.name == scenario)))
    assert [c.name for c in gates({scenario: found}) if not c.ok] == []
    other, levels = WrittenOut(**options).solve(), model.levels(found)
    for name, key, labels in (
        ("w", "WF", D["factors"]),
        ("pq", "PQ", D["goods"]),
        ("px", "PX", D["goods"]),
        ("pd", "PDS", D["goods"]),
        ("qa", "QA", D["activities"]),
    ):
        assert [levels[f"{key}.{k}"] for k in labels] == pytest.approx(list(other[name]), rel=SECOND)
    assert levels["EXR"] == pytest.approx(float(other["exr"][0]), rel=SECOND)


@pytest.mark.parametrize("names", list(itertools.product(*CLOSURES.values())), ids=", ".join)
def test_every_closure_keeps_what_it_says(names):
    chosen = dict(zip(CLOSURES, names, strict=True))
    economy = compile_spec(MODEL.close(chosen))
    base = solve(economy)
    found = solve(economy, shocked(economy, ready("standard").scenarios[0]))
    assert base.iterations == 0
    assert found.status.converged
    assert [c.name for c in gates({"closure": found}) if not c.ok] == []
    kept = {
        "flexible saving": lambda e: e.level("urban") and e.transfer("direct tax.urban") / e.income("urban"),
        "flexible tax": lambda e: e.transfer("saving.government"),
        "flexible rate": lambda e: e.income("abroad") / e.price("FX"),
        "fixed rate": lambda e: e.price("FX"),
        "investment-driven": lambda e: e.level("investment"),
        "full employment": lambda e: sum(e.flow(a, "LAB") for a in D["activities"]),
        "fixed wage": lambda e: e.price("LAB"),
        "wage curve": lambda e: e.price("LAB") * e.instrument("unemployment.LAB") ** 0.1,
    }
    for name in names:
        if name in kept and not (name == "flexible saving" and chosen["government"] != name):
            assert kept[name](found) == pytest.approx(kept[name](base), rel=SOLVED), name
    if chosen["saving"] == "savings-driven":
        assert found.level("investment") != pytest.approx(1.0, abs=1e-3)


def test_closures_that_do_not_exist_are_refused():
    with pytest.raises(InnospaceError, match="flexible rate"):
        MODEL.close({"external": "flexible rates"})
    with pytest.raises(InnospaceError, match="external"):
        MODEL.close({"exernal": "fixed rate"})


def test_demand_answers_income_as_given_and_spends_it_all():
    spending = {"food": 50.0, "cloth": 30.0, "rent": 20.0}
    fixed, nest = linear_expenditure(spending, {"food": 0.6, "cloth": 1.2}, -2.0)
    least = {f.commodity: f.quantity for f in fixed}
    above = {f.commodity: f.quantity for f in nest.flows}
    assert {k: least.get(k, 0.0) + above[k] for k in spending} == pytest.approx(spending, rel=EXACT)
    assert sum(above.values()) == pytest.approx(100.0 / 2.0, rel=EXACT)
    for name, elasticity in (("food", 0.6), ("cloth", 1.2), ("rent", (1.0 - 0.3 - 0.36) / 0.2)):
        assert above[name] / sum(above.values()) * 100.0 / spending[name] == pytest.approx(elasticity, rel=EXACT)
    none, _ = linear_expenditure(spending, dict.fromkeys(spending, 1.0), -1.0)
    assert none == ()


@pytest.mark.parametrize(
    ("elasticity", "frisch", "said"),
    [
        ({"a": 1.0, "b": 1.0}, -0.5, "Frisch"),
        ({}, -2.0, "missing"),
        ({"a": 1.0, "b": 0.5}, -2.0, "sum to"),
        ({"a": 2.5}, -2.0, "'b'"),
        ({"c": 1.0}, -2.0, "'c'"),
    ],
)
def test_elasticities_that_do_not_fit_are_refused(elasticity, frisch, said):
    with pytest.raises(InnospaceError, match=said):
        linear_expenditure({"a": 5.0, "b": 5.0}, elasticity, frisch)


def farm(share=0.6):
    """Return an economy in which labour and land make bread."""
    make = Activity("bake", Nest("cost", 1.0, (Flow("L", share), Flow("T", 1.0 - share))), single("out", "bread", 1.0))
    owner = Agent("h", (Endowment("L", share), Endowment("T", 1.0 - share)), single("bread", "bread", 1.0))
    return Spec("farm", tuple(map(Commodity, ("bread", "L", "T"))), (make,), (owner,), (("bread", 1.0),))


def test_leisure_is_chosen_as_theory_says():
    """With Cobb-Douglas utility and technology labour does not answer land; with less substitution it falls."""
    spec = with_leisure(farm(), "h", "L", leisure=0.5, elasticity=1.0)
    found = solve(compile_spec(spec))
    assert found.iterations == 0
    for elasticity, sign in ((1.0, 0), (0.5, -1), (2.0, 1)):
        economy = compile_spec(with_leisure(farm(), "h", "L", leisure=0.5, elasticity=elasticity))
        p = economy.parameters.values.copy()
        p[economy.parameters.position["endowment.h.T"]] *= 1.5
        sold = solve(economy, p).flow("bake", "L")
        assert np.sign(round(sold - 0.6, 9)) == sign
    # first-order condition: marginal utility of leisure over that of bread is the wage
    found = solve(economy, p)
    time = 0.6 * 1.5
    leisure, bread = time - found.flow("bake", "L"), found.flow("h", "bread")
    ratio = (leisure / 0.3) / bread
    assert ratio == pytest.approx(found.price("L") ** -2.0, rel=SOLVED)


def test_leisure_needs_labour_and_a_demand():
    with pytest.raises(InnospaceError, match="'W'"):
        with_leisure(farm(), "h", "W", leisure=0.5, elasticity=1.0)
    with pytest.raises(InnospaceError, match="above zero"):
        with_leisure(farm(), "h", "L", leisure=0.0, elasticity=1.0)
    idle = farm()
    idle = replace(idle, agents=(*idle.agents, Agent("g", (Endowment("L", 0.1),), None)))
    with pytest.raises(InnospaceError, match="demands nothing"):
        with_leisure(idle, "g", "L", leisure=0.5, elasticity=1.0)
