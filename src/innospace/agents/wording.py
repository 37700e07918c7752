"""Words that figures of agents share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from innospace.agents.result import AgentResult


def caption(result: AgentResult, extra: str = "") -> str:
    """Return sources, that agents are simulated, and what else is to be known of a figure."""
    sources = "; ".join(f"{s.name} ({s.nature})" for s in result.provenance.sources)
    return f"Source: {sources}. Agents are simulated: a reconstruction. {extra}".strip()
