from __future__ import annotations

import copy
import json
import pickle

import pytest

from innospace.core import errors
from innospace.core.errors import DataError, InnospaceError, LabelError, ProblemsError, SolverError, offenders

ALL = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, InnospaceError)]
WARNINGS = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, Warning)]


def made(kind) -> InnospaceError:
    if issubclass(kind, ProblemsError):
        return kind("table", [DataError("One, чего.", where="row 1"), LabelError("Two.")])
    return kind("What, чего", where="row 2", allowed="numbers", remedy="Mend it.")


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("send", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy])
def test_errors_survive_the_way_between_processes(kind, send):
    error = made(kind)
    got = send(error)
    assert type(got) is kind
    assert got.to_dict() == error.to_dict()
    assert str(got) == str(error)


def test_the_message_has_its_parts_in_order():
    error = DataError("What.", where="row 2", allowed="numbers", remedy="Mend it.")
    assert str(error) == "What.\n  Where: row 2\n  Allowed: numbers\n  To mend it: Mend it."
    assert str(DataError("What.", remedy="Mend it.")) == "What.\n  To mend it: Mend it."
    assert str(DataError("What.")) == "What."


def test_parts_are_plain_types():
    told = json.loads(json.dumps(LabelError("What.", where="here").to_dict()))
    assert told == {"type": "LabelError", "what": "What.", "where": "here", "allowed": "", "remedy": ""}


def test_exit_codes():
    assert {c.exit_code for c in ALL if not issubclass(c, SolverError)} == {2}
    assert SolverError.exit_code == 3


def test_what_stands_under_what():
    assert issubclass(LabelError, DataError)
    assert all(issubclass(w, errors.InnospaceWarning) for w in WARNINGS)
    assert not any(issubclass(c, Warning) for c in ALL)
    assert len(WARNINGS) >= 3


@pytest.mark.parametrize(
    ("labels", "shown", "text"),
    [
        ([], 5, ""),
        (["a"], 5, "'a'"),
        (["a", "b", "c"], 3, "'a', 'b', 'c'"),
        (["a", "b", "c", "d"], 2, "'a', 'b' and 2 more"),
        ([2010, 2011], 5, "2010, 2011"),
        ((c for c in "abcdefg"), 5, "'a', 'b', 'c', 'd', 'e' and 2 more"),
    ],
)
def test_offenders(labels, shown, text):
    assert offenders(labels, shown) == text


def test_several_problems_are_listed_with_their_places():
    error = made(ProblemsError)
    assert str(error).splitlines() == [
        "The input has 2 problems.",
        "  Where: table",
        "1. One, чего.",
        "     Where: row 1",
        "2. Two.",
    ]
    assert [p["what"] for p in error.to_dict()["problems"]] == ["One, чего.", "Two."]
