"""Square systems of equations by name: each equation stands with the unknown it determines.

A model declares variables and parameters in tables and equations in blocks. Compiling gives residuals and exact sparse
derivatives (CasADi) as plain array functions of the unknowns ``x`` and the parameters ``p``. Positive unknowns are
solved for in logarithms, the others in units of their base-year size; residuals are scaled by the base-year size of
the left-hand side. Nothing here knows an economic word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import SpecError, offenders
from innospace.core.labels import require_known

Array = NDArray[np.float64]
Expression = Any
"""A CasADi expression of symbols."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval of numbers as it is written: ``[0, 1)``; a round bracket leaves its end out."""

    text: str

    def holds(self, values: Array) -> NDArray[np.bool_]:
        """Return which values lie inside; what is not a number does not."""
        low, high = (float(end) for end in self.text[1:-1].split(","))
        above = values >= low if self.text[0] == "[" else values > low
        below = values <= high if self.text[-1] == "]" else values < high
        return np.asarray(above & below)


@dataclass(frozen=True, slots=True)
class Family:
    """Variables or parameters that share a meaning and differ in their labels.

    Attributes
    ----------
    name : str
        Short name; a member is called ``name.label`` (``P.z1``) or ``name.label.label`` (``D.innovation.n1``).
    title : str
        Name in the field, for tables (``purchaser price``).
    symbol : str
        LaTeX.
    unit, meaning : str
    dims : tuple of str
        What the labels are (``agent``, ``product``).
    members : tuple of tuple of str
        Labels of each member; one empty tuple for a scalar.
    degree : int
        1 when the value doubles with all nominal quantities, else 0.
    positive : bool
        Solved for in logarithms.
    role : str
        Of a parameter: ``calibrated``, ``assumed``, ``lever``, ``path`` or ``state``; of a variable: ``unknown``.
    range : Interval
        Values a scenario may give a parameter.
    """

    name: str
    title: str
    symbol: str
    unit: str
    meaning: str
    dims: tuple[str, ...] = ()
    members: tuple[tuple[str, ...], ...] = ((),)
    degree: int = 0
    positive: bool = True
    role: str = "unknown"
    range: Interval = field(default_factory=lambda: Interval("(-inf, inf)"))

    def ids(self) -> tuple[str, ...]:
        """Return the names of the members."""
        return tuple(".".join((self.name, *labels)) for labels in self.members)


@dataclass(frozen=True, slots=True)
class Equation:
    """One equation ``left = right`` and the unknown it determines; sides are CasADi expressions."""

    unknown: str
    left: Any
    right: Any


@dataclass(frozen=True, slots=True)
class EquationFamily:
    """Equations of one form.

    Attributes
    ----------
    number : str
        Number in the documentation.
    name : str
    block : str
    latex, typst, meaning : str
    origin : str
        ``paper`` or ``reconstruction``.
    equations : tuple of Equation
    """

    number: str
    name: str
    block: str
    latex: str
    typst: str
    meaning: str
    origin: str
    equations: tuple[Equation, ...]


class Symbols:
    """CasADi symbols of every variable (in levels) and parameter, by name."""

    def __init__(self, variables: Sequence[Family], parameters: Sequence[Family]) -> None:
        import casadi

        self.variables, self.parameters = tuple(variables), tuple(parameters)
        self.unknowns = tuple(i for f in variables for i in f.ids())
        self.inputs = tuple(i for f in parameters for i in f.ids())
        doubled = [i for i in (*self.unknowns, *self.inputs) if (*self.unknowns, *self.inputs).count(i) > 1]
        if doubled:
            raise SpecError(f"Names occur more than once: {offenders(dict.fromkeys(doubled))}.")
        self._symbols = {i: casadi.SX.sym(i) for i in (*self.unknowns, *self.inputs)}

    def __call__(self, name: str, *labels: str) -> Any:
        """Return the symbol of ``name.label...``."""
        key = ".".join((name, *labels))
        if key not in self._symbols:
            require_known([key], list(self._symbols), kind="variable or parameter")
        return self._symbols[key]

    def has(self, name: str, *labels: str) -> bool:
        """Whether ``name.label...`` is declared."""
        return ".".join((name, *labels)) in self._symbols


@dataclass(frozen=True, slots=True)
class Values:
    """Residuals, derivatives and reported expressions at one point."""

    residual: Array
    jacobian: Array


@dataclass(frozen=True)
class System:
    """A compiled square system.

    Attributes
    ----------
    variables, parameters : tuple of Family
    unknowns, inputs : tuple of str
        Names of unknowns and parameters, in the order of ``x`` and ``p``.
    families : tuple of EquationFamily
    reported : tuple of str
        Names of expressions that are computed at a solution (excess demands, cells of accounts).
    """

    variables: tuple[Family, ...]
    parameters: tuple[Family, ...]
    unknowns: tuple[str, ...]
    inputs: tuple[str, ...]
    families: tuple[EquationFamily, ...]
    reported: tuple[str, ...]
    positive: NDArray[np.bool_]
    scale: Array
    degree: Array
    input_degree: Array
    _residual: Any = field(repr=False)
    _both: Any = field(repr=False)
    _report: Any = field(repr=False)
    _by_inputs: Any = field(repr=False)
    _rows: NDArray[np.int32] = field(repr=False)
    _starts: NDArray[np.int32] = field(repr=False)
    _input_rows: NDArray[np.int64] = field(repr=False)
    _input_columns: NDArray[np.int64] = field(repr=False)
    position: Mapping[str, int] = field(repr=False)
    input_position: Mapping[str, int] = field(repr=False)

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return len(self.unknowns)

    @property
    def nonzeros(self) -> int:
        """Structural nonzeros of the Jacobian."""
        return len(self._rows)

    @cached_property
    def used(self) -> frozenset[str]:
        """Parameters that some equation holds; the rest have no effect on a year."""
        return frozenset(self.inputs[j] for j in np.unique(self._input_columns))

    def to_x(self, levels: Array) -> Array:
        """Return the solver's coordinates of levels, shape (n,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.positive, np.log(np.where(self.positive, levels, 1.0)), levels / self.scale)

    def to_levels(self, x: Array) -> Array:
        """Return levels, shape (n,)."""
        with np.errstate(over="ignore"):
            return np.where(self.positive, np.exp(np.where(self.positive, x, 0.0)), x * self.scale)

    def residual(self, x: Array, p: Array) -> Array:
        """Return scaled residuals, shape (n,)."""
        return np.asarray(self._residual((x, p))[0])

    def evaluate(self, x: Array, p: Array) -> tuple[Array, Any]:
        """Return scaled residuals, shape (n,), and the Jacobian, shape (n, n), CSC.

        Sparse also where a dense factorisation would be as fast: that one keeps all cores busy waiting.
        """
        from scipy import sparse

        residual, values = self._both((x, p))
        return residual, sparse.csc_matrix((values, self._rows, self._starts), shape=(self.size, self.size))

    def input_jacobian(self, x: Array, p: Array) -> Any:
        """Return derivatives of scaled residuals by the parameters, shape (n, m), dense when small, else CSR."""
        (values,) = self._by_inputs((x, p))
        shape = (self.size, len(self.inputs))
        if self.size <= DENSE:
            jacobian = np.zeros(shape)
            jacobian[self._input_rows, self._input_columns] = values
            return jacobian
        from scipy import sparse

        return sparse.csr_matrix((values, (self._input_rows, self._input_columns)), shape=shape)

    def report(self, x: Array, p: Array) -> Array:
        """Return the reported expressions, shape (m,)."""
        return np.asarray(self._report((x, p))[0])

    def equation_of(self, index: int) -> str:
        """Return a name for the equation with this number, for messages."""
        return f"{self._names[index][0]} (determines {self._names[index][1]})"

    @property
    def _names(self) -> list[tuple[str, str]]:
        return [(f.name, e.unknown) for f in self.families for e in f.equations]


SMALL_PART = 1e-2
"""Part of the largest number of the same unit that a number counts as at least, for scaling."""
DENSE = 400
"""Systems up to this size have dense derivatives by their parameters, which multiply faster."""
SMALL_EQUATION = 1e-4
"""Part of the largest equation of the same form that an equation counts as at least, for scaling."""


def compile_system(
    symbols: Symbols, families: Iterable[EquationFamily], reported: Mapping[str, Any], base: Mapping[str, float]
) -> System:
    """Compile equations into array functions.

    Parameters
    ----------
    symbols : Symbols
    families : iterable of EquationFamily
        Together they must determine every unknown once.
    reported : mapping of str to expression
    base : mapping of str to float
        Base-year levels of all unknowns and parameters; they set scales.

    Raises
    ------
    SpecError
        The system is not square, or an unknown has no equation or several.
    """
    import casadi

    families = tuple(families)
    equations = [e for f in families for e in f.equations]
    _require_square(symbols.unknowns, [e.unknown for e in equations])
    kinds = {i: f for f in symbols.variables for i in f.ids()}
    positive = np.array([kinds[i].positive for i in symbols.unknowns])
    levels = np.array([base[i] for i in symbols.unknowns])
    floors = _floors([kinds[i].unit for i in symbols.unknowns], np.abs(levels))
    scale = np.where(positive, 1.0, np.maximum(np.abs(levels), floors))
    x = casadi.SX.sym("x", len(symbols.unknowns))
    p = casadi.vertcat(*(symbols(i) for i in symbols.inputs))
    solved = [casadi.exp(x[k]) if positive[k] else scale[k] * x[k] for k in range(len(symbols.unknowns))]
    unknowns = casadi.vertcat(*(symbols(i) for i in symbols.unknowns))
    sides = casadi.vertcat(*(e.left for e in equations), *(e.right for e in equations))
    at_base = casadi.Function("sides", [unknowns, p], [sides])(levels, [base[i] for i in symbols.inputs])
    size = np.abs(np.asarray(at_base, dtype=np.float64).ravel()).reshape(2, -1).max(axis=0)
    weight = 1.0 / _sizes(families, size, np.array([floors[symbols.unknowns.index(e.unknown)] for e in equations]))
    residual = casadi.vertcat(*((e.left - e.right) * w for e, w in zip(equations, weight, strict=True)))
    residual = casadi.substitute(residual, unknowns, casadi.vertcat(*solved))
    jacobian = casadi.jacobian(residual, x)
    starts, rows = (np.array(v, dtype=np.int32) for v in jacobian.sparsity().get_ccs())
    by_inputs = casadi.jacobian(residual, p)
    input_rows, input_columns = (np.array(v, dtype=np.int64) for v in by_inputs.sparsity().get_triplet())
    shown = casadi.substitute(casadi.vertcat(*reported.values()), unknowns, casadi.vertcat(*solved))
    inputs = {i: f for f in symbols.parameters for i in f.ids()}
    return System(
        symbols.variables,
        symbols.parameters,
        symbols.unknowns,
        symbols.inputs,
        families,
        tuple(reported),
        positive,
        scale,
        np.array([float(kinds[i].degree) for i in symbols.unknowns]),
        np.array([float(inputs[i].degree) for i in symbols.inputs]),
        _Buffered(casadi.Function("residual", [x, p], [residual])),
        _Buffered(casadi.Function("both", [x, p], [residual, casadi.SX(jacobian.nz[:])])),
        _Buffered(casadi.Function("report", [x, p], [shown])),
        _Buffered(casadi.Function("by_inputs", [x, p], [casadi.SX(by_inputs.nz[:])])),
        rows,
        starts,
        input_rows,
        input_columns,
        {name: k for k, name in enumerate(symbols.unknowns)},
        {name: k for k, name in enumerate(symbols.inputs)},
    )


def _floors(units: Sequence[str], sizes: Array) -> Array:
    """Return the smallest scale of each number: what is zero in the base year is measured by others of its unit."""
    largest = {unit: max(s for s, u in zip(sizes, units, strict=True) if u == unit) for unit in set(units)}
    return np.array([SMALL_PART * largest[unit] for unit in units])


def _sizes(families: Sequence[EquationFamily], sizes: Array, floors: Array) -> Array:
    """Return the size of each equation: its own, but not far below others of its form, nor zero.

    The unit of the unknown does not tell: the price of a good stands with an equation in quantities.
    """
    ends = np.cumsum([len(f.equations) for f in families])[:-1]
    largest = np.concatenate([np.full(len(part), part.max(initial=0.0)) for part in np.split(sizes, ends)])
    found = np.maximum(sizes, SMALL_EQUATION * largest)
    return np.where(found > 0.0, found, floors)


def _require_square(unknowns: Sequence[str], determined: Sequence[str]) -> None:
    missing = [u for u in unknowns if u not in set(determined)]
    doubled = sorted({u for u in determined if determined.count(u) > 1})
    unknown = [u for u in determined if u not in set(unknowns)]
    if missing or doubled or unknown:
        raise SpecError(
            f"The system is not square: {len(determined)} equations for {len(unknowns)} unknowns.",
            where=f"without an equation: {offenders(missing) or 'none'}; with several: {offenders(doubled) or 'none'}; "
            f"determined but not declared: {offenders(unknown) or 'none'}",
            remedy="Pair every unknown with one equation.",
        )


class _Buffered:
    """A CasADi function called through fixed buffers, which costs microseconds instead of a tenth of a millisecond.

    Not for several threads at once: each process compiles its own.
    """

    def __init__(self, function: Any) -> None:
        self._function = function
        self._buffer, self._call = function.buffer()
        self._inputs = [np.zeros(function.size1_in(k)) for k in range(function.n_in())]
        self._outputs = [np.zeros(function.nnz_out(k)) for k in range(function.n_out())]
        for k, array in enumerate(self._inputs):
            self._buffer.set_arg(k, memoryview(array.data))
        for k, array in enumerate(self._outputs):
            self._buffer.set_res(k, memoryview(array.data))

    def __call__(self, arguments: tuple[Array, ...]) -> tuple[Array, ...]:
        for own, given in zip(self._inputs, arguments, strict=True):
            own[:] = given
        self._call()
        return tuple(out.copy() for out in self._outputs)
