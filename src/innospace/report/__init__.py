"""Charts, tables and documents. This room knows core's figures, tables and documents, never an engine.

Names are loaded when first used, so importing the room costs nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "draw": "charts",
    "to_png": "charts",
    "to_svg": "charts",
    "render_docx": "word",
    "render_html": "document",
    "render_pdf": "pdf",
    "write_report": "write",
    "write_tables": "tables",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
