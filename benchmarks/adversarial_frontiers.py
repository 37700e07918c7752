"""Every estimator of frontiers on tables made to break it; faults are printed, and beside each how it ended.

python benchmarks/adversarial_frontiers.py [estimator ...]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from adversarial_frontiers import CROSS, INDEXED, PANELS, attempt, faults, said
from innospace.frontier.panel.models import MODELS
from known_optima import laws

OTHER_NOISE = (("half_normal", "student_t"), ("half_normal", "laplace"), ("exponential", "student_t"))


def attempts(names: list[str]):
    """Return estimator, case and options of every attempt."""
    found = [(law, name, case, {"inefficiency": law}) for law in laws() for name, case in (CROSS | INDEXED).items()]
    found += [
        (f"{law}+{noise}", name, case, {"inefficiency": law, "noise": noise})
        for law, noise in OTHER_NOISE
        for name, case in CROSS.items()
    ]
    found += [
        (f"{model.name}/{law}", name, case, {"model": model.name, "inefficiency": law})
        for model in MODELS.values()
        for law in model.inefficiency or ("half_normal",)
        for name, case in PANELS.items()
    ]
    return [f for f in found if not names or f[0] in names]


def main(names: list[str]) -> int:
    """Print every attempt and return how many have faults."""
    count = 0
    for estimator, name, case, options in attempts(names):
        try:
            found = attempt(case, **options)
            wrong = faults(found)
            end = said(found)
        except Exception as error:
            # an error that nobody foresaw is what this script looks for
            end, wrong = "error", [f"{type(error).__name__}: {error}"]
        count += bool(wrong)
        print(f"{estimator:36} {name:28} {end:20} {'; '.join(wrong)}", flush=True)
    print(f"{count} attempts with faults")
    return count


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) > 0)
