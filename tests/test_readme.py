"""The README's two commands are those that CI runs, and the verbs it names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
LINES = [
    line.partition("#")[0].split() for block in BLOCKS for line in block.splitlines() if line.startswith("innospace ")
]


def test_the_first_two_blocks_are_run_in_ci():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    for block in BLOCKS[:2]:
        assert block.strip() in script


@pytest.mark.parametrize("verb", sorted({line[1] for line in LINES}))
def test_every_verb_of_the_readme_exists(verb, capsys):
    from innospace.cli.app import main

    assert main([verb, "--help"]) == 0
    assert verb in capsys.readouterr().out


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)\)", README))))
def test_every_link_of_the_readme_leads_to_a_file(link):
    assert (ROOT / link).exists()
