"""Fixtures of the report room."""

from __future__ import annotations

import pytest
import report_samples


@pytest.fixture
def tables():
    return report_samples.tables()


@pytest.fixture
def document():
    return report_samples.document()
