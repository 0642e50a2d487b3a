"""SQL databases pass the kit of the persistence contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newel_data.kit import Case, Kit, cases, left_out
from newel_data.models import Models
from newel_sql import DatabaseUrl, SqlBackend, SqlConfig
from newel_sql.dialects.sqlite import SqliteDialect

CAPABILITIES = SqliteDialect.capabilities


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    folder = tmp_path_factory.mktemp("sqlite")

    def open_sqlite(models: Models) -> SqlBackend:
        return SqlBackend(SqlConfig(url=DatabaseUrl.from_setting("sqlite:///kit.db")), models, Path(folder))

    kit = Kit(open_sqlite)
    yield kit
    kit.close()


@pytest.mark.parametrize("case", cases(CAPABILITIES), ids=str)
def test_sqlite(case: Case, sqlite: Kit) -> None:
    case(sqlite)


def test_sqlite_leaves_out_only_what_it_has_no_use_for() -> None:
    assert {capability for case in left_out(CAPABILITIES) for capability in case.needs} == {"document_limit"}
