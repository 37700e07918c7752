from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innospace.core.provenance import Nature, Provenance, Source, file_sha256, fingerprint, package_version

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), PLAIN, max_size=5), st.randoms(use_true_random=False))
def test_fingerprints_do_not_depend_on_order(value, rng):
    keys = list(value)
    rng.shuffle(keys)
    assert fingerprint({k: value[k] for k in keys}) == fingerprint(value)


@given(PLAIN)
def test_fingerprints_survive_storage(value):
    assert fingerprint(json.loads(json.dumps(value))) == fingerprint(value)


def test_fingerprints_are_canonical():
    assert fingerprint({"б": [1, 2.5], "а": None}) == hashlib.sha256('{"а":null,"б":[1,2.5]}'.encode()).hexdigest()
    assert fingerprint((1, 2)) == fingerprint([1, 2])


@pytest.mark.parametrize("other", [[2, 1], [1, 2, 0], ["1", 2], [1.5, 2], {"1": 2}, [True, 2]])
def test_different_values_have_different_fingerprints(other):
    assert fingerprint(other) != fingerprint([1, 2])


@pytest.mark.parametrize("value", [float("nan"), {"a": float("inf")}])
def test_values_without_canonical_form_are_refused(value):
    with pytest.raises(ValueError, match="JSON"):
        fingerprint(value)
    with pytest.raises(TypeError):
        fingerprint({"a": object()})


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
def test_hashes_of_files(tmp_path, size):
    (tmp_path / "f").write_bytes(b"x" * size)
    assert file_sha256(tmp_path / "f") == hashlib.sha256(b"x" * size).hexdigest()


@pytest.mark.parametrize("nature", Nature)
def test_provenance_comes_back_from_storage(nature):
    source = Source("t.csv", "abc", nature, "here", "MIT", "note")
    made = Provenance.now((source,), {"rule": "drop", "level": 0.95}, seed=7)
    again = Provenance.from_dict(json.loads(json.dumps(made.to_dict())))
    assert again == made
    assert again.sources[0].nature is nature


def test_provenance_says_what_was_used():
    made = Provenance.now()
    assert made.version == package_version()
    assert {"python", "numpy", "scipy", "pandas", "formulaic"} <= set(made.software)
    assert "not installed" not in made.software.values()
    assert made.created.endswith("+00:00")
    assert (made.sources, made.seed, dict(made.options)) == ((), None, {})
