"""Folders appear whole or not at all, whatever kills the process that writes them."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from innospace.core.errors import StoreError
from innospace.study.encoding import from_json, from_parquet, to_json, to_parquet
from innospace.study.folders import STALE_SECONDS, read_file, read_manifest, sweep, write_folder

FILES = [("a.txt", b"alpha"), ("deep/b.txt", "бета".encode())]

KILLED = """
import os, signal, sys
from pathlib import Path
from innospace.study import folders
left, real = int(sys.argv[2]), os.fsync
def fsync(handle):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    real(handle)
os.fsync = fsync
folders.write_folder(Path(sys.argv[1]), [("a.txt", b"alpha"), ("deep/b.txt", b"beta")], {"n": 1}, replace=False)
"""


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5, 9])
def test_a_killed_writer_leaves_nothing_half_written(tmp_path, at):
    target = tmp_path / "run"
    done = subprocess.run([sys.executable, "-c", KILLED, str(target), str(at)], check=False)
    assert (done.returncode == 0) == (at == 9)
    if target.exists():
        assert set(read_manifest(target)["files"]) == {"a.txt", "deep/b.txt"}
    else:
        assert at < 5
    write_folder(target, FILES, {"n": 2}, replace=True)
    assert read_manifest(target)["n"] == 2
    leftovers = list(tmp_path.glob(".writing-*"))
    sweep(tmp_path, now=leftovers[0].stat().st_mtime + STALE_SECONDS + 1 if leftovers else None)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_fresh_leftover_may_belong_to_a_running_process(tmp_path):
    (tmp_path / ".writing-x").mkdir()
    sweep(tmp_path)
    assert (tmp_path / ".writing-x").exists()


def test_an_error_while_writing_leaves_nothing(tmp_path):
    def files():
        yield "a.txt", b"alpha"
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        write_folder(tmp_path / "run", files(), {}, replace=False)
    assert list(tmp_path.iterdir()) == []


def test_the_first_of_two_writers_wins_and_both_succeed(tmp_path):
    target = tmp_path / "run"
    errors = []

    def work():
        try:
            write_folder(target, FILES, {"n": 1}, replace=False)
        except StoreError as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert errors == []
    manifest = read_manifest(target)
    assert read_file(target, manifest, "deep/b.txt").decode() == "бета"
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_file_in_the_way_is_a_clear_error(tmp_path):
    (tmp_path / "run").write_text("x", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be stored"):
        write_folder(tmp_path / "run", FILES, {}, replace=False)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be stored"):
        write_folder(tmp_path / "file" / "run", FILES, {}, replace=False)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(st.characters(exclude_characters="$", exclude_categories=("Cs",))), inner)
    ),
    max_leaves=10,
)


def same(a, b) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    return a == b and type(a) is type(b)


@given(plain)
def test_json_keeps_every_plain_value(value):
    content = to_json(value)
    assert same(from_json(content), value)


def test_json_refuses_objects():
    with pytest.raises(StoreError):
        to_json({"a": Path("x")})


def test_frames_keep_types_labels_and_missing_values():
    frame = pd.DataFrame(
        {"регион": ["Курск", None], "x": [1.5, float("nan")], "n": [1, 2], "ok": [True, False]},
        index=pd.Index([2010, 2011], name="year"),
    )
    back = from_parquet(to_parquet(frame, "f"))
    pd.testing.assert_frame_equal(back, frame)


def test_frames_that_mix_types_are_refused():
    with pytest.raises(StoreError, match="cannot be stored"):
        to_parquet(pd.DataFrame({"a": [1, "b", os]}), "f")
    with pytest.raises(ValueError, match=r".+"):
        from_parquet(b"PAR1")
