from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from newel.config import Configuration, read
from newel.errors import Place
from newel.origins import MASKED, Origin, origins
from newel.secret import MASK, Secret
from newel.toml import literal


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


def test_what_is_not_set_has_no_value() -> None:
    shown = lines(configured())
    assert [None, None] == [shown["sql.url"].value, shown["sql.password"].value]


def test_secrets_and_passwords_are_masked() -> None:
    shown = lines(configured(sql={"url": "postgresql://scott:tiger@db", "password": "tiger"}))
    assert f'"postgresql://scott:{MASK}@db"' == shown["sql.url"].value
    assert MASKED == shown["sql.password"].value
    assert "tiger" not in str(shown)


def test_what_no_class_describes_is_masked_whole() -> None:
    shown = lines(configured(sql={"url": "x", "pasword": "tiger"}, mongo={"url": "tiger"}))
    assert [MASKED, MASKED] == [shown["sql.pasword"].value, shown["mongo.url"].value]


def test_values_are_written_as_the_file_writes_them() -> None:
    @dataclass
    class Mail:
        folder: Path = Path("out/mail")
        plain: bool = True
        names: tuple[str, ...] = ("a", 'b "c"')

    shown = [line.value for line in origins(configured(), {"mail": Mail})]
    assert [literal(value) for value in shown if value is not None] == ["out/mail", True, ["a", 'b "c"']]


def test_choices_of_slots_are_shown() -> None:
    shown = lines(configured({"NEWEL_USE__TEMPLATES": '["jinja2", "mako"]'}, use={"database": "sql"}))
    assert ['"sql"', '["jinja2", "mako"]'] == [shown["use.database"].value, shown["use.templates"].value]
