"""Where to put direct labels so that they overlap neither each other nor, if possible, the points."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from innospace.report.charts.measure import text_width

Array = NDArray[np.float64]
Box = tuple[float, float, float, float]
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Spot:
    """Centre of a label, the point it names, and whether a line joins them."""

    x: float
    y: float
    px: float
    py: float
    leader: bool


@dataclass(frozen=True, slots=True)
class Placement:
    """Where each label stands, in pixels.

    Attributes
    ----------
    x, y : ndarray, shape (m,)
        Centre of each label; NaN where no place was found.
    leader : ndarray of bool, shape (m,)
        Whether the label stands so far from its point that a line should join them.
    """

    x: Array
    y: Array
    leader: NDArray[np.bool_]


def place(points: Array, which: NDArray[np.intp], texts: list[str], size: float, area: Box, path: Array) -> Placement:
    """Place labels around their points: greedily, then again with the others known.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        All points, pixels from the top left.
    which : ndarray of int, shape (m,)
        Points to be labelled, most important first.
    texts : list of str, length m
        The labels.
    size : float
        Font size in pixels.
    area : tuple of float
        Left, top, right and bottom of the area in which labels must stay.
    path : ndarray, shape (k, 2)
        Points of a line that labels should not cross; may be empty.
    """
    sizes = [(text_width(t, size), size * 1.1) for t in texts]
    found: list[Spot | None] = [None] * len(texts)
    for _ in range(_ROUNDS):
        for i, index in enumerate(which):
            others = [(f, _box(f, s)) for j, (f, s) in enumerate(zip(found, sizes, strict=True)) if f and j != i]
            found[i] = _best(np.delete(points, index, axis=0), points[index], sizes[i], others, area, path)
    nan = float("nan")
    x = np.array([f.x if f else nan for f in found])
    y = np.array([f.y if f else nan for f in found])
    return Placement(x, y, np.array([bool(f and f.leader) for f in found], dtype=bool))


def spread(wanted: Array, gap: float, low: float, high: float) -> Array:
    """Move positions apart until neighbours differ by ``gap``, staying between ``low`` and ``high``.

    Parameters
    ----------
    wanted : ndarray, shape (m,)
        Positions wanted, in any order.
    gap : float
        Least distance between neighbours; reduced when there is not room enough.
    low, high : float
        Limits.
    """
    if len(wanted) < 2:
        return np.clip(wanted, low, high)
    gap = min(gap, (high - low) / (len(wanted) - 1))
    order = np.argsort(wanted, kind="stable")
    steps = gap * np.arange(len(wanted))
    # least squares under the order: pool neighbours whose targets cross (isotonic regression)
    blocks: list[list[float]] = []
    for target in wanted[order] - steps:
        blocks.append([float(target), 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (m1, n1), (m2, n2) = blocks[-2], blocks[-1]
            blocks[-2:] = [[(m1 * n1 + m2 * n2) / (n1 + n2), n1 + n2]]
    level = np.concatenate([np.full(int(n), m) for m, n in blocks])
    level = np.clip(level, low, high - steps[-1])
    result = np.empty(len(wanted))
    result[order] = level + steps
    return result


def brief(names: list[str]) -> list[str]:
    """Leave out a leading or trailing phrase that at least an eighth of many names share.

    ``Tomsk Region`` becomes ``Tomsk`` among eighty regions, but a name stays whole where two would become equal.
    """
    if len(names) < 16:
        return list(names)
    least = max(4, len(names) / 8)
    heads = Counter(m.group() for n in names if (m := re.match(r"\w+ of (the )?", n)))
    tails = Counter(m.group() for n in names if (m := re.search(r" [^\s()]+$", n)))
    short = []
    for name in names:
        cut = name
        head, tail = re.match(r"\w+ of (the )?", cut), re.search(r" [^\s()]+$", cut)
        if head and heads[head.group()] >= least:
            cut = cut[head.end() :]
        elif tail and tails[tail.group()] >= least:
            cut = cut[: tail.start()]
        short.append(cut)
    count = Counter(short)
    words = {w for n, s in zip(names, short, strict=True) if n == s for w in re.findall(r"\w+", n)}
    return [s if count[s] == 1 and (s == n or s not in words) else n for n, s in zip(names, short, strict=True)]


def _box(spot: Spot, size: tuple[float, float]) -> Box:
    w, h = size
    return (spot.x - w / 2, spot.y - h / 2, spot.x + w / 2, spot.y + h / 2)


def _best(
    points: Array, at: Array, size: tuple[float, float], others: list[tuple[Spot, Box]], area: Box, path: Array
) -> Spot | None:
    best, least = None, np.inf
    for distance in (1.0, 1.5, 2.4, 3.6, 5.0):
        for preference, (dx, dy) in enumerate(_directions(*size, distance)):
            spot = Spot(float(at[0] + dx), float(at[1] + dy), float(at[0]), float(at[1]), distance > 1.5)
            box = _box(spot, size)
            if box[0] < area[0] or box[1] < area[1] or box[2] > area[2] or box[3] > area[3]:
                continue
            if any(box[0] < b[2] + 3 and b[0] < box[2] + 3 and box[1] < b[3] and b[1] < box[3] for _, b in others):
                continue
            # points beside a label are as bad as points under it: a reader could take one for the point named
            cost = 5.0 * _inside(points, box, 4.0) + 8.0 * _inside(points, box, 14.0, 6.0)
            cost += 2.5 * min(_inside(path, box, 2.0), 6)
            cost += 1.6 * distance + 0.08 * preference
            if cost >= least:
                continue
            # a label beyond the line seems to name a point on that side
            cost += (3.0 if spot.leader else 6.0) * _severed(spot, path)
            cost += 8.0 * sum(_crossed(spot, b, o, box) for o, b in others)
            cost += 4.0 * (spot.leader and _met(spot, points))
            if cost < least:
                best, least = spot, cost
    return best if least < 30.0 else None


def _directions(w: float, h: float, distance: float) -> list[tuple[float, float]]:
    side, up = w / 2 + 8 * distance, h / 2 + 6 * distance
    straight = [(side, 0.0), (-side, 0.0), (0.0, -up), (0.0, up)]
    corners = [(side, -up), (-side, -up), (side, up), (-side, up)]
    edges = [(0.35 * w, -up), (-0.35 * w, -up), (0.35 * w, up), (-0.35 * w, up)]
    return [*straight, *edges, *corners]


def _severed(spot: Spot, path: Array) -> bool:
    """Whether a line runs between a label and its point."""
    if not len(path):
        return False
    share = np.linspace(0.0, 1.0, 8)[:, None]
    way = np.array([[spot.px, spot.py]]) * (1 - share) + np.array([[spot.x, spot.y]]) * share
    # on which side of the nearest point of the line each end stands, across the direction of the line
    below = [_below(way[k], path) for k in (0, -1)]
    return below[0] != below[1]


def _below(point: Array, path: Array) -> bool:
    order = np.argsort(path[:, 0])
    return bool(point[1] > np.interp(point[0], path[order, 0], path[order, 1]))


def _crossed(spot: Spot, other_box: Box, other: Spot, box: Box) -> int:
    """Count the leaders that run through the other label."""
    share = np.linspace(0.0, 1.0, 12)[:, None]
    count = 0
    for own, target in ((spot, other_box), (other, box)):
        if own.leader:
            line = np.array([[own.px, own.py]]) * (1 - share) + np.array([[own.x, own.y]]) * share
            count += _inside(line, target, 1.0) > 0
    return count


def _met(spot: Spot, points: Array) -> int:
    """Count the points that a leader runs over."""
    share = np.linspace(0.0, 1.0, 24)[:, None]
    line = np.array([[spot.px, spot.py]]) * (1 - share) + np.array([[spot.x, spot.y]]) * share
    apart = np.hypot(points[:, None, 0] - line[None, :, 0], points[:, None, 1] - line[None, :, 1])
    return int((apart.min(axis=1) < 5.0).sum()) if len(points) else 0


def _inside(points: Array, box: Box, margin: float, above: float | None = None) -> int:
    """Count points in a box widened by ``margin`` to the sides and by ``above`` (the same by default) up and down."""
    if not len(points):
        return 0
    x, y = points[:, 0], points[:, 1]
    high = margin if above is None else above
    hit = (x > box[0] - margin) & (x < box[2] + margin) & (y > box[1] - high) & (y < box[3] + high)
    return int(hit.sum())
