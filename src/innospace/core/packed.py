"""Plain values and arrays as bytes and back, without pickle: nothing that is read can run."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

PLAIN = "plain"
"""Name of the text among the arrays."""


def packed(value: Any) -> bytes:
    """Return a value as bytes.

    Parameters
    ----------
    value : None, bool, int, float, str, ndarray, or lists, tuples and mappings with text keys of them
        Numbers come back to the last bit; scalars of NumPy come back as those of Python.

    Raises
    ------
    TypeError
        Anything else.
    """
    import numpy as np

    arrays: list[np.ndarray[Any, Any]] = []
    text = json.dumps(_plain(value, arrays), ensure_ascii=False, separators=(",", ":"))
    named = {f"a{i}": array for i, array in enumerate(arrays)}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{PLAIN: np.frombuffer(text.encode("utf-8"), dtype=np.uint8)}, **named)  # type: ignore[arg-type]
    return buffer.getvalue()


def unpacked(content: bytes) -> Any:
    """Return the value of :func:`packed`.

    Raises
    ------
    ValueError
        The content is damaged.
    """
    import numpy as np

    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            return _value(json.loads(stored[PLAIN].tobytes()), stored)
    except Exception as error:
        # a damaged archive raises a dozen unrelated classes
        raise ValueError("The content is damaged.") from error


def _plain(value: Any, arrays: list[np.ndarray[Any, Any]]) -> Any:
    import numpy as np

    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise TypeError("An array of objects cannot be packed.")
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple):
        return {"tuple": [_plain(v, arrays) for v in value]}
    if isinstance(value, list):
        return [_plain(v, arrays) for v in value]
    if isinstance(value, Mapping):
        return {"mapping": {str(k): _plain(v, arrays) for k, v in value.items()}}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"{type(value).__name__} cannot be packed.")


def _value(plain: Any, arrays: Any) -> Any:
    if isinstance(plain, list):
        return [_value(v, arrays) for v in plain]
    if not isinstance(plain, dict):
        return plain
    ((kind, content),) = plain.items()
    if kind == "array":
        return arrays[f"a{content}"]
    if kind == "tuple":
        return tuple(_value(v, arrays) for v in content)
    return {k: _value(v, arrays) for k, v in content.items()}
