"""Names, descriptions and equations of the methods."""

from __future__ import annotations

from innospace.core.document import Equation

NAMES = {
    "op": "Olley-Pakes",
    "lp": "Levinsohn-Petrin",
    "acf": "Ackerberg-Caves-Frazer",
    "wooldridge": "Wooldridge",
    "gnr": "Gandhi-Navarro-Rivers",
    "ols": "Least squares",
    "fe": "Firm fixed effects",
    "labour": "Output per worker",
}
_ERRORS = " Standard errors are clustered by firm, or from a bootstrap of whole firms."
DESCRIPTIONS = {
    "op": "Olley and Pakes (1996): investment rises with productivity, so it stands for it; capital was chosen before "
    "this year's news. Least squares with a polynomial of capital and investment, then nonlinear least squares with "
    "the law of productivity. Firm-years without investment are left out." + _ERRORS,
    "lp": "Levinsohn and Petrin (2003): demand for materials rises with productivity, so materials stand for it. Least "
    "squares with a polynomial of capital and materials, then nonlinear least squares with the law of productivity. "
    "Labour must vary beyond what capital and productivity explain." + _ERRORS,
    "acf": "Ackerberg, Caves and Frazer (2015): output on a polynomial of all inputs takes out noise; labour and "
    "capital are then found together from the news in productivity being unrelated to capital and to labour of the "
    "year before. The moments have several solutions; all that were found are shown." + _ERRORS,
    "wooldridge": "Wooldridge (2009): output on inputs and the proxy, and output on inputs and the proxy of the year "
    "before, as a linear system; labour of the year before is the instrument of labour in the second equation."
    + _ERRORS,
    "gnr": "Gandhi, Navarro and Rivers (2020): the revenue share of materials gives their elasticity; integrating it "
    "leaves a function of labour and capital, found from the news in productivity being unrelated to them. "
    "Elasticities differ between firm-years; their means are shown. Standard errors come from a bootstrap of whole "
    "firms.",
    "ols": "Least squares of log output on log inputs, a benchmark: it ignores that firms know their productivity."
    + _ERRORS,
    "fe": "Log output on log inputs within firms, a benchmark: right only when productivity does not change." + _ERRORS,
    "labour": "Log output less log labour.",
}
_PRODUCTION = Equation(
    "production",
    r"y_{it} = \beta_l' l_{it} + \beta_k' k_{it} + \omega_{it} + \varepsilon_{it}",
    "y_(i t) = beta_l' l_(i t) + beta_k' k_(i t) + omega_(i t) + epsilon_(i t)",
    "Log output, inputs, productivity and noise",
)
_LAW = Equation(
    "law",
    r"\omega_{it} = g(\omega_{i,t-1}, d_{i,t-1}) + \xi_{it}",
    "omega_(i t) = g(omega_(i,t-1), d_(i,t-1)) + xi_(i t)",
    "Law of productivity: expected from the year before, and news",
)
_OP = Equation(
    "moments",
    r"\min_{\beta_k} \sum (y_{it} - \hat\beta_l' l_{it} - \beta_k' k_{it} "
    r"- g(\hat\phi_{i,t-1} - \beta_k' k_{i,t-1}))^2",
    "min_(beta_k) sum (y_(i t) - hat(beta)_l' l_(i t) - beta_k' k_(i t) - g(hat(phi)_(i,t-1) - beta_k' k_(i,t-1)))^2",
    "Second stage",
)
_ACF = Equation(
    "moments",
    r"E[\xi_{it}(\beta) (l_{i,t-1}, k_{it})'] = 0",
    "E[xi_(i t)(beta) (l_(i,t-1), k_(i t))'] = 0",
    "Moments of the second stage",
)
_WOOLDRIDGE = Equation(
    "system",
    r"y_{it} = \beta_l' l_{it} + g(k_{it}, m_{it}) + r_{1it}, \quad "
    r"y_{it} = \beta_l' l_{it} + \beta_k' k_{it} + h(k_{i,t-1}, m_{i,t-1}) + r_{2it}",
    "y_(i t) = beta_l' l_(i t) + g(k_(i t), m_(i t)) + r_(1 i t), quad "
    "y_(i t) = beta_l' l_(i t) + beta_k' k_(i t) + h(k_(i,t-1), m_(i,t-1)) + r_(2 i t)",
    "The two equations",
)
_GNR = Equation(
    "share",
    r"s_{it} = \ln D(l_{it}, k_{it}, m_{it}) - \varepsilon_{it}, \quad D = \partial f / \partial m",
    "s_(i t) = ln D(l_(i t), k_(i t), m_(i t)) - epsilon_(i t), quad D = partial f \\/ partial m",
    "Log revenue share of materials and their elasticity",
)
_FLEXIBLE = Equation(
    "production",
    r"y_{it} = f(l_{it}, k_{it}, m_{it}) + \omega_{it} + \varepsilon_{it}",
    "y_(i t) = f(l_(i t), k_(i t), m_(i t)) + omega_(i t) + epsilon_(i t)",
    "Log gross output",
)
_RATIO = Equation("ratio", r"\omega_{it} = y_{it} - l_{it}", "omega_(i t) = y_(i t) - l_(i t)", "Output per worker")
EQUATIONS: dict[str, tuple[Equation, ...]] = {
    "op": (_PRODUCTION, _LAW, _OP),
    "lp": (_PRODUCTION, _LAW, _OP),
    "acf": (_PRODUCTION, _LAW, _ACF),
    "wooldridge": (_PRODUCTION, _LAW, _WOOLDRIDGE),
    "gnr": (_FLEXIBLE, _GNR, _LAW),
    "ols": (_PRODUCTION,),
    "fe": (_PRODUCTION,),
    "labour": (_RATIO,),
}
