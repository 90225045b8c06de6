"""What the tests of this room share: the compiled libraries."""

from __future__ import annotations

import ctypes

import pytest

from custody.explore.compressed import SOURCES, load
from support.compiled import compiled
from support.searching import whole_library


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The analyses of graphs, compiled as they are."""
    made = tmp_path_factory.mktemp("library") / "graph.so"
    return load(compiled(SOURCES, made, "-O2", "-fPIC", "-shared"))


@pytest.fixture(scope="session")
def whole_engine(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The search, with the analyses of what it found."""
    return whole_library(tmp_path_factory.mktemp("engine"))
