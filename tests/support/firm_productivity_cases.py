"""Panels of firms whose technology and law of productivity are known. Every draw is set by its seed.

``control`` panel (OP, LP, Wooldridge): labour = its optimum plus a persistent error of the firm; materials and
investment depend on capital and productivity alone, so both are valid proxies. ``acf`` panel: the first Monte Carlo
design of Ackerberg, Caves and Frazer (2015), section 5: labour is chosen between the years at a wage of the firm.
``gnr`` panel: materials solve their first-order condition; labour and capital were chosen before.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

LABOUR, CAPITAL, RHO = 0.6, 0.4, 0.7
GNR = {"labour": 0.25, "capital": 0.15, "materials": 0.55}


def _frame(firms: int, years: int, **columns: np.ndarray) -> pd.DataFrame:
    ids = np.repeat([f"f{i:05d}" for i in range(firms)], years)
    frame = pd.DataFrame({"firm": ids, "year": np.tile(np.arange(2000, 2000 + years), firms)})
    return frame.assign(**{name: values.reshape(-1) for name, values in columns.items()})


def _ar(rng: np.random.Generator, firms: int, total: int, rho: float, sd: float) -> np.ndarray:
    out = np.empty((firms, total))
    out[:, 0] = rng.normal(0.0, sd, firms)
    for t in range(1, total):
        out[:, t] = rho * out[:, t - 1] + rng.normal(0.0, sd * np.sqrt(1 - rho**2), firms)
    return out


def control_panel(firms: int, years: int, seed: int, learning: float = 0.0, noise: float = 0.1) -> pd.DataFrame:
    """OP, LP and Wooldridge are consistent; ``learning`` is what exporting adds to next year's productivity."""
    rng = np.random.default_rng(seed)
    burn = 15
    total = years + burn
    error = _ar(rng, firms, total, 0.5, 0.35)
    omega, export, k = np.zeros((3, firms, total))
    omega[:, 0] = rng.normal(0.0, 0.3, firms)
    k[:, 0] = rng.normal(1.0, 0.5, firms)
    for t in range(total):
        if t > 0:
            news = rng.normal(0.0, 0.3 * np.sqrt(1 - RHO**2), firms)
            omega[:, t] = RHO * omega[:, t - 1] + learning * export[:, t - 1] + news
            investment = np.exp(_investment(omega[:, t - 1], k[:, t - 1]))
            k[:, t] = np.log(0.8 * np.exp(k[:, t - 1]) + investment * np.exp(0.7 * rng.normal(size=firms)))
        export[:, t] = omega[:, t] + rng.normal(0.0, 0.3, firms) > 0.2
    best = (np.log(LABOUR) + 0.8 * omega + CAPITAL * k) / (1.0 - LABOUR)
    labour = best + error
    y = 1.0 + LABOUR * labour + CAPITAL * k + omega + noise * rng.normal(size=omega.shape)
    materials = LABOUR * best + CAPITAL * k + omega
    shown = {"y": y, "l": labour, "k": k, "m": materials, "i": _investment(omega, k), "export": export, "truth": omega}
    return _frame(firms, years, **{name: values[:, burn:] for name, values in shown.items()})


def _investment(omega: np.ndarray, k: np.ndarray) -> np.ndarray:
    return -1.0 + 1.5 * omega + 0.6 * k


def acf_panel(firms: int, years: int, seed: int, learning: float = 0.0) -> pd.DataFrame:
    """ACF is consistent; OP, LP and Wooldridge are not. The moments have a false solution near (1, 0)."""
    rng = np.random.default_rng(seed)
    burn = 20
    total = years + burn
    half = np.sqrt(RHO)
    wage = _ar(rng, firms, total, 0.3, 0.1)
    cost = 0.4 * rng.normal(size=firms)
    omega, middle, export, k = np.zeros((4, firms, total))
    omega[:, 0] = rng.normal(0.0, 0.3, firms)
    k[:, 0] = rng.normal(1.0, 0.5, firms)
    sd = 0.3 * np.sqrt(1.0 - RHO)
    for t in range(1, total):
        middle[:, t] = half * omega[:, t - 1] + learning * export[:, t - 1] + rng.normal(0.0, sd, firms)
        omega[:, t] = half * middle[:, t] + rng.normal(0.0, sd, firms)
        investment = np.exp(-1.0 + cost + 1.5 * omega[:, t - 1] + 0.6 * k[:, t - 1])
        k[:, t] = np.log(0.8 * np.exp(k[:, t - 1]) + investment)
        export[:, t] = omega[:, t] + rng.normal(0.0, 0.3, firms) > 0.2
    labour = (np.log(LABOUR) + half * middle - wage + CAPITAL * k) / (1.0 - LABOUR)
    y = LABOUR * labour + CAPITAL * k + omega + 0.1 * rng.normal(size=omega.shape)
    materials = LABOUR * labour + CAPITAL * k + omega
    shown = {"y": y, "l": labour, "k": k, "m": materials, "export": export, "truth": omega}
    return _frame(firms, years, **{name: values[:, burn:] for name, values in shown.items()})


def gnr_panel(firms: int, years: int, seed: int, noise: float = 0.15) -> pd.DataFrame:
    """GNR is consistent: Cobb-Douglas gross output with materials chosen now, labour and capital before."""
    rng = np.random.default_rng(seed)
    burn = 10
    total = years + burn
    a, b, c = GNR["labour"], GNR["capital"], GNR["materials"]
    omega = _ar(rng, firms, total, RHO, 0.25)
    drift = _ar(rng, firms, total, 0.6, 0.5), _ar(rng, firms, total, 0.8, 0.6)
    before = np.concatenate([omega[:, :1], omega[:, :-1]], axis=1)
    k = 2.0 + drift[1] + 0.8 * before
    labour = 1.0 + drift[0] + 0.6 * before + 0.3 * k
    shock = noise * rng.normal(size=omega.shape)
    scale = np.log(c) + 0.5 * noise**2
    materials = (scale + a * labour + b * k + omega) / (1.0 - c)
    y = a * labour + b * k + c * materials + omega + shock
    shown = {"y": y, "l": labour, "k": k, "m": materials, "s": scale - shock, "truth": omega}
    return _frame(firms, years, **{name: values[:, burn:] for name, values in shown.items()})
