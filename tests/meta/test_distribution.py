"""What is installed: entry points that import, a wheel that holds its licence and its types."""

from __future__ import annotations

import importlib
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from hatchling.build import build_wheel

from tests.meta.project import PACKAGES, ROOT, pyproject


def entry_points() -> Iterator[tuple[str, str]]:
    project = pyproject()["project"]
    yield from project["scripts"].items()
    for group in project["entry-points"].values():
        yield from group.items()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    folder = tmp_path_factory.mktemp("wheel")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        name = build_wheel(str(folder))
    with zipfile.ZipFile(Path(folder, name)) as archive:
        yield archive


def metadata(wheel: zipfile.ZipFile) -> Message:
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


@pytest.mark.parametrize("name, target", list(entry_points()))
def test_entry_point_is_there(name: str, target: str) -> None:
    module, _, attribute = target.partition(":")
    assert callable(getattr(importlib.import_module(module), attribute)), name


def test_wheel_holds_every_package_with_its_types(wheel: zipfile.ZipFile) -> None:
    held = {name for name in wheel.namelist() if name.endswith("/py.typed")}
    assert {f"{package.name}/py.typed" for package in PACKAGES} == held


def test_wheel_holds_every_file_of_the_packages(wheel: zipfile.ZipFile) -> None:
    written = {
        path.relative_to(package.parent).as_posix()
        for package in PACKAGES
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert written == {name for name in wheel.namelist() if ".dist-info/" not in name}


def test_wheel_holds_the_licence(wheel: zipfile.ZipFile) -> None:
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/licenses/LICENSE"))
    assert (ROOT / "LICENSE").read_bytes() == wheel.read(name)


def test_kernel_requires_four_libraries(wheel: zipfile.ZipFile) -> None:
    required = [line for line in metadata(wheel).get_all("Requires-Dist", []) if "extra ==" not in line]
    assert ["click", "msgspec", "pluggy", "werkzeug"] == sorted(line.split(">")[0] for line in required)


def test_every_plugin_with_a_library_has_an_extra_and_all_has_them_all(wheel: zipfile.ZipFile) -> None:
    extras = set(metadata(wheel).get_all("Provides-Extra", []))
    assert {"all", "jinja2", "mako", "mariadb", "mongo", "postgresql", "sql", "test", "dev"} <= extras
    everything = pyproject()["project"]["optional-dependencies"]["all"]
    assert ["newel[jinja2,mako,mariadb,mongo,postgresql,sql]"] == everything
