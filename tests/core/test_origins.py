from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from newel.config import Configuration, read
from newel.errors import Place
from newel.origins import MISSING, Origin, origins
from newel.secret import MASK, Secret


@dataclass
class Sql:
    url: str
    password: Secret | None = None
    pool_size: int = 5


def configured(environ: dict[str, str] | None = None, **sections: dict[str, object]) -> Configuration:
    return read(sections, environ=environ or {}, place=Place("app.py", 3))


def lines(configuration: Configuration) -> dict[str, Origin]:
    return {f"{line.section}.{line.key}": line for line in origins(configuration, {"sql": Sql})}


def test_a_value_is_shown_with_its_place_and_what_it_covers() -> None:
    shown = lines(configured({"NEWEL_SQL__POOL_SIZE": "9"}, sql={"url": "sqlite://", "pool_size": 7}))
    variable = Place("environment", text="NEWEL_SQL__POOL_SIZE")
    covered = Place("app.py", 3, text="[sql] pool_size")
    assert Origin("sql", "pool_size", "9", variable, (covered,)) == shown["sql.pool_size"]


def test_a_default_is_shown_at_its_class() -> None:
    line = lines(configured())["sql.pool_size"]
    assert ("5", __file__, "the default") == (line.value, line.place.file, line.place.text)
    assert "class Sql" in "".join(Path(__file__).read_text().splitlines()[line.place.line - 2 : line.place.line])


def test_a_missing_value_is_shown_as_such() -> None:
    assert MISSING == lines(configured())["sql.url"].value


def test_secrets_and_passwords_are_masked() -> None:
    shown = lines(configured(sql={"url": "postgresql://scott:tiger@db", "password": "tiger"}))
    assert f"'postgresql://scott:{MASK}@db'" == shown["sql.url"].value
    assert MASK == shown["sql.password"].value
    assert "tiger" not in str(shown)


def test_what_no_class_describes_is_masked_whole() -> None:
    shown = lines(configured(sql={"url": "x", "pasword": "tiger"}, mongo={"url": "tiger"}))
    assert [MASK, MASK] == [shown["sql.pasword"].value, shown["mongo.url"].value]


def test_choices_of_slots_are_shown() -> None:
    shown = lines(configured({"NEWEL_USE__TEMPLATES": '["jinja2", "mako"]'}, use={"database": "sql"}))
    assert ["'sql'", "['jinja2', 'mako']"] == [shown["use.database"].value, shown["use.templates"].value]
