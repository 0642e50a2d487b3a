from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

import newel
import newel_data
from newel.libraries import is_library


@pytest.mark.parametrize("module", [newel, newel_data, click, json], ids=lambda module: str(module.__name__))
def test_newel_what_is_installed_and_python_itself_are_libraries(module: object) -> None:
    assert is_library(str(module.__file__))  # type: ignore[attr-defined]


def test_what_python_was_built_with_is_a_library() -> None:
    assert is_library("<frozen importlib._bootstrap>")


@pytest.mark.parametrize("file", [__file__, "/srv/board/views.py", "/srv/newel_board/models.py", "page.html"])
def test_whatever_else_is_an_applications(file: str) -> None:
    assert not is_library(file)


def test_an_environment_in_the_folder_of_an_application_is_a_library() -> None:
    assert is_library(str(Path("/srv/board/.venv/lib/python3.12/site-packages/click/core.py")))
