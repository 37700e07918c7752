"""Axes: limits, ticks in original units, and the way between data and pixels."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from innospace.core.errors import LabelError
from innospace.core.numbers import MINUS, THIN_SPACE, fixed, significant
from innospace.report.charts.measure import FONT, font_for, text_width
from innospace.report.needs import need

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: its limits, its kind and its ticks.

    Attributes
    ----------
    low, high : float
        Limits in original units.
    log : bool
        Whether the scale is logarithmic.
    pixels : float
        Length.
    ticks : tuple of float
    texts : tuple of str
        What stands at each tick.
    """

    low: float
    high: float
    log: bool
    pixels: float
    ticks: tuple[float, ...]
    texts: tuple[str, ...]

    def position(self, values: ArrayLike) -> Array:
        """Return pixels from the low end."""
        v, low, high = np.asarray(values, dtype=float), self.low, self.high
        if self.log:
            v, low, high = np.log(v), math.log(low), math.log(high)
        return np.asarray((v - low) / (high - low) * self.pixels, dtype=np.float64)

    def value(self, pixels: ArrayLike) -> Array:
        """Invert :meth:`position`."""
        share = np.asarray(pixels, dtype=float) / self.pixels
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            return np.asarray(np.exp(low + share * (high - low)), dtype=np.float64)
        return np.asarray(self.low + share * (self.high - self.low), dtype=np.float64)

    def scale(self) -> Any:
        """Return the Altair scale."""
        kind = "log" if self.log else "linear"
        return need("altair").Scale(type=kind, domain=[self.low, self.high], nice=False, zero=False)

    def guide(self, title: str | None = None, **look: Any) -> Any:
        """Return the Altair axis; tick texts are given, not formatted by the drawing program."""
        shown = json.dumps(list(self.texts), ensure_ascii=False)
        at = json.dumps(list(self.ticks))
        if title and (font := font_for(title, 12.0))[0] != FONT:
            look = {"titleFont": font[0], **look}
        return need("altair").Axis(
            title=title,
            values=list(self.ticks),
            labelExpr=f"{shown}[indexof({at}, datum.value)]",
            labelOverlap=False,
            labelFlush=False,
            **look,
        )


def spell(value: float, spec: str) -> str:
    """Format a number with a format such as ``.2f`` or ``,.0f``, with a real minus and thin spaces.

    Raises
    ------
    LabelError
        When the format is not one for numbers.
    """
    try:
        text = format(value, spec.replace("~", ""))
    except ValueError as error:
        raise LabelError(f"{spec!r} is not a number format.", allowed="'.2f', ',.0f', '.1%', '.3g'") from error
    return text.replace(",", THIN_SPACE).replace("-", MINUS)


def tick_text(value: float, step: float) -> str:
    """Return a tick's text: as many decimals as the step needs, millions in words."""
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if abs(value) >= size and step >= size / 100.0:
            number = f"{value / size:.6g}".replace("-", MINUS)
            return f"{number}\u00a0{word}" if "e" not in number else significant(value, 1)
    if value != 0.0 and abs(value) < 1e-4 and step < 1e-4:
        # as many digits as tell neighbours apart
        return significant(value, 1 + max(0, math.floor(math.log10(abs(value))) - math.floor(math.log10(step) + 1e-9)))
    return fixed(value, max(0, -math.floor(math.log10(step) + 1e-9)))


def linear(low: float, high: float, pixels: float, count: int, *, size: float = 12, upright: bool = False) -> Axis:
    """Return a linear axis with at most ``count`` round ticks whose labels do not touch.

    Parameters
    ----------
    low, high : float
        Limits, kept as they are.
    pixels : float
        Length of the axis.
    count : int
        Largest number of intervals.
    size : float
        Font size in pixels.
    upright : bool
        Whether the axis is vertical, where labels take their height and not their width.
    """
    span = high - low
    for wanted in range(count, 0, -1):
        step = _round_up(span / wanted)
        ticks = _multiples(low, high, step)
        texts = tuple(tick_text(t, step) for t in ticks)
        if _fits(texts, [(t - low) / span * pixels for t in ticks], size, upright):
            break
    return Axis(low, high, False, pixels, ticks, texts)


def logarithmic(low: float, high: float, pixels: float, count: int, *, size: float = 12, upright: bool = False) -> Axis:
    """Return a logarithmic axis with ticks in original units; arguments as for :func:`linear`."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    exponents = range(first, last + 1)
    choices = [[m * 10.0**k for k in exponents for m in ms] for ms in ((1, 2, 5), (1, 3), (1,))]
    choices += [[10.0**k for k in exponents if k % every == 0] for every in range(2, 1 + max(2, last - first))]
    span = math.log(high / low)
    for choice in choices:
        ticks = tuple(float(f"{t:.6g}") for t in choice if low * (1 - 1e-9) <= t <= high * (1 + 1e-9))
        texts = tuple(_log_text(t) for t in ticks)
        at = [math.log(t / low) / span * pixels for t in ticks]
        if 2 <= len(ticks) <= count + 1 and _fits(texts, at, size, upright):
            return Axis(low, high, True, pixels, ticks, texts)
    plain = linear(low, high, pixels, count, size=size, upright=upright)
    ticks = tuple(t for t in plain.ticks if t > 0)[-2:]
    return Axis(low, high, True, pixels, ticks, plain.texts[len(plain.texts) - len(ticks) :])


def around(values: ArrayLike, *, log: bool = False, room: float = 0.05) -> tuple[float, float]:
    """Return limits around finite values: the unit interval for shares, zero when it is near."""
    v = np.asarray(values, dtype=float)
    low, high = float(v.min()), float(v.max())
    if log:
        pad = max((high / low) ** room, 1.08)
        return low / pad, high * pad
    if low >= 0.0 and 0.75 < high <= 1.0:
        return 0.0, 1.0
    if high == low:
        pad = abs(high) * 0.5 or 1.0
        return low - pad, high + pad
    pad = room * (high - low)
    return (0.0 if 0.0 <= low < 0.5 * high else low - pad), (0.0 if 0.5 * low < high <= 0.0 else high + pad)


def _round_up(step: float) -> float:
    power: float = 10.0 ** math.floor(math.log10(step))
    return next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= step * (1 - 1e-9))


def _multiples(low: float, high: float, step: float) -> tuple[float, ...]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(float(f"{k * step:.12g}") for k in range(first, last + 1))


def _log_text(value: float) -> str:
    return tick_text(value, 10.0 ** math.floor(math.log10(value) + 1e-9))


def _fits(texts: tuple[str, ...], at: list[float], size: float, upright: bool) -> bool:
    if upright:
        return all(b - a >= 1.6 * size for a, b in itertools.pairwise(at))
    half = [text_width(t, size) / 2 for t in texts]
    pairs = zip(at, at[1:], half, half[1:], strict=False)
    return all(b - a >= left + right + size for a, b, left, right in pairs)
