"""Chunks of long work: the same on any workers and after any interruption, kept whole, other work left alone."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest

from innospace.core.errors import OtherWorkWarning, SolverError, StoreError
from innospace.core.packed import packed, unpacked
from innospace.core.parts import FolderParts, resumed
from innospace.core.provenance import content_sha256
from innospace.numerics import parallel
from innospace.numerics.chunks import Chunks
from innospace.numerics.parallel import Workers

SPANS = [(0, 3), (3, 6), (6, 7)]


def drawn(seed: int, span: tuple[int, int]) -> tuple[np.ndarray, str]:
    """Return draws of a chunk, each from its own number."""
    return np.array([np.random.default_rng([seed, n]).normal(size=4) for n in range(*span)]), f"{span}"


def run(folder=None, *, seed=1, stop=None, told=None, **how):
    """Run the chunks; ``stop`` interrupts when so many draws are finished."""

    def tell(done, of):
        if told is not None:
            told.append((done, of))
        if done == stop:
            raise KeyboardInterrupt

    with resumed(folder) as parts, Chunks(drawn, seed, "draws", seed, parts=parts, **how) as work:
        found = work.run(SPANS, tell, [b - a for a, b in SPANS])
    return np.concatenate([values for values, _ in found]), [name for _, name in found]


def same(a, b):
    return np.array_equal(a[0], b[0]) and a[1] == b[1]


def test_numbers_are_the_same_wherever_chunks_are_run():
    here = run(workers=1)
    assert same(here, run(workers=2))
    with ThreadPoolExecutor(2) as pool:
        assert same(here, run(executor=pool))
    assert not same(here, run(seed=2))


def test_what_was_interrupted_goes_on_and_its_parts_go(tmp_path):
    folder, told = tmp_path / "long", []
    with pytest.raises(KeyboardInterrupt):
        run(folder, stop=6)
    assert len(list(folder.iterdir())) == 2
    assert same(run(folder, told=told), run())
    assert told == [(6, 7), (7, 7)]
    assert not folder.exists()


def test_parts_stay_by_choice_and_no_worker_starts_when_all_are_there(tmp_path, monkeypatch):
    whole = run(FolderParts(tmp_path))
    assert FolderParts(tmp_path).count() == len(SPANS)
    monkeypatch.setattr(parallel, "ProcessPoolExecutor", None)
    assert same(whole, run(FolderParts(tmp_path), workers=2))
    assert FolderParts(tmp_path).count() == len(SPANS)


@pytest.mark.parametrize("keep", [0, 10, 40, -1], ids=["empty", "hash", "head", "all but the last byte"])
def test_a_torn_part_is_computed_again(tmp_path, keep):
    whole = run(FolderParts(tmp_path))
    torn = sorted(tmp_path.iterdir())[0]
    torn.write_bytes(torn.read_bytes()[:keep])
    told = []
    assert same(run(FolderParts(tmp_path), told=told), whole)
    assert told[0][0] < 7
    assert same(run(FolderParts(tmp_path)), whole)


def test_parts_of_other_settings_are_left_alone_with_a_word(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, stop=6)
    others = set(tmp_path.iterdir())
    with pytest.warns(OtherWorkWarning, match="2 finished parts of other work"):
        found = run(tmp_path, seed=2)
    assert same(found, run(seed=2))
    assert set(tmp_path.iterdir()) == others
    told = []
    assert same(run(tmp_path, told=told), run())
    assert told[0] == (6, 7)


def test_what_an_executor_has_not_begun_is_not_done_after_a_stop():
    waiting: list[Future] = []

    class First:
        """An executor that does its first task only."""

        def submit(self, function, shared, task):
            waiting.append(Future())
            if len(waiting) == 1:
                waiting[0].set_result(function(shared, task))
            return waiting[-1]

    with pytest.raises(KeyboardInterrupt):
        run(executor=First(), stop=3)
    assert [f.cancelled() for f in waiting] == [False, True, True]


def ends(_shared, _task):
    """End the process at once, as the system does where no memory is left."""
    os._exit(9)


def test_a_worker_that_ends_is_told():
    with pytest.raises(SolverError, match="ended before its task"), Workers(ends, None, 2) as pool:
        pool.run([1, 2])


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be stored"):
        run(tmp_path / "file" / "parts")


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 0.1 + 0.2, "обмен", [1, [2.5]], (1, ("a", None)), {"a": (1.5,)}, float("inf")],
    ids=["none", "bool", "int", "float", "text", "lists", "tuples", "mapping", "infinite"],
)
def test_plain_values_come_back(value):
    back = unpacked(packed(value))
    assert back == value
    assert type(back) is type(value)


def test_arrays_come_back_to_the_last_bit():
    value = [np.array([np.nan, -0.0, 1e-320]), (np.arange(3), "x"), np.zeros((0, 2))]
    back = unpacked(packed(value))
    assert back[0].tobytes() == value[0].tobytes()
    assert back[1][0].dtype == value[1][0].dtype
    assert back[2].shape == (0, 2)


@pytest.mark.parametrize("value", [object(), np.array([object()]), {1, 2}], ids=["object", "objects", "set"])
def test_what_cannot_be_packed_is_refused(value):
    with pytest.raises(TypeError, match="cannot be packed"):
        packed(value)


@dataclass(frozen=True)
class Model:
    """A data class that computes something of its fields."""

    values: np.ndarray
    name: str = "a"

    @cached_property
    def total(self) -> float:
        return float(self.values.sum())


def test_content_is_told_by_fields_alone():
    model = Model(np.arange(3.0))
    before = content_sha256(model)
    assert model.total == 3.0
    assert content_sha256(model) == before == content_sha256(Model(np.arange(3.0)))
    others = [Model(np.arange(3)), Model(np.arange(3.0), "b"), Model(np.arange(3.0).reshape(1, 3)), drawn, Model]
    assert len({before, *map(content_sha256, others)}) == len(others) + 1
    assert content_sha256(["ab", "c"]) != content_sha256(["a", "bc"])
    assert content_sha256({"a", "b", "c"}) == content_sha256({"c", "b", "a"})
    with pytest.raises(TypeError, match="cannot be told"):
        content_sha256(object())
