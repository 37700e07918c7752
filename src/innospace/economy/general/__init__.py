"""The general equilibrium engine: a spec of trees, agents and transfers; derived conditions; two solvers."""
