"""The order of the tests, how they are collected, and that nothing of theirs waits for a disk."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

WEB = Path(__file__).parent / "web"


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Look for no garbage while tests are collected: there is none, and looking takes a quarter of the time.

    What collection made stays to the end, so that later searches for garbage need not walk it again.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items) -> None:
    """Put tests in a browser first.

    Workers take tests from each other at the end; browser, server and the reports that they show are made a second
    time by a worker that takes one of these.
    """
    web = f"{WEB}{os.sep}"
    items.sort(key=lambda item: not str(item.path).startswith(web))


@pytest.fixture(scope="session", autouse=True)
def _unflushed():
    """Let files be on the disk when the system puts them there: what tests write need not outlive a failing machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield
