"""What ran in a request: told alike by every backend, shown in development, masked in production, and free without."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from newel import App, Plugin, Router, hookimpl
from newel.testing import Client
from newel_data import Database, Field, Model, NotFound, Ref, UniqueViolation, count, field, ref
from newel_data.port import Backend
from newel_data.querylog import SHOWN, QueryLog
from newel_data.telling import LONGEST
from newel_data.units import Units
from tests.plugins.newel_data.rehearsing import DATABASES, sections_of
from tests.services import NO_MONGODB

LOGGER = "newel.data.queries"
MS = r"\d+\.\d\d ms"


class Person(Model):
    name: Field[str] = field(max_length=80, unique=True)
    password: Field[str] = field(max_length=200, default="")
    age: Field[int] = field(default=0)
    friend: Ref[Person | None] = ref(on_delete="set_null", default=None)


class People(Plugin):
    name = "people"
    requires = ("data",)

    @hookimpl
    def newel_models(self) -> Iterable[type[Model]]:
        return [Person]


router = Router()


@router.get("/repeated/<int:times>")
def repeated(db: Database, times: int) -> int:
    return sum(db.query(Person).where(Person.name == f"Ada {number}").count() for number in range(times))


@router.get("/failing")
def failing(db: Database) -> str:
    db.query(Person).where(Person.age > 3, Person.name == "Ada").all()
    raise RuntimeError


@router.get("/streamed")
def streamed(db: Database) -> Iterator[str]:
    for person in db.query(Person).order_by(Person.name).stream(size=2):
        yield person.name


@router.post("/everything")
def everything(db: Database) -> str:
    ada, bo = db.add_all([Person(name="Ada", password="hunter2"), Person(name="Bo")])
    ada.age = 36
    db.save(ada)
    db.upsert(Person(name="Bo", age=40), by=(Person.name,))
    db.query(Person).where(Person.name.in_(["Ada", "Bo"]), Person.age >= 3).order_by(Person.name).limit(7).all()
    db.query(Person).group_by(Person.age).aggregate(n=count())
    db.delete(bo)
    return "done"


ONCE: dict[str, Callable[[Database], object]] = {
    "select": lambda db: db.query(Person).where(Person.age == 1).all(),
    "insert": lambda db: db.add(Person(name=Person(name="").id)),
    "update": lambda db: db.query(Person).where(Person.age == 1).update(age=2),
    "delete": lambda db: db.delete(db.add(Person(name=Person(name="").id))),
    "upsert": lambda db: db.upsert(Person(name=Person(name="").id), by=(Person.name,)),
}


@router.post("/five/<kind>")
def five(db: Database, kind: str) -> str:
    for _ in range(5):
        ONCE[kind](db)
    return "done"


@router.post("/people/<name>")
def add(db: Database, name: str) -> str:
    try:
        db.add(Person(name=name))
    except UniqueViolation:
        return str(db.query(Person).count())
    return "added"


def application(sections: dict[str, Any], profile: str = "development", **data: Any) -> App:
    hosts = {"app": {"hosts": ["localhost"], "secret": "7d1f0c6ea2b98d4475e0c3ab91f7b2d80c7fd2a64be94806"}}
    return App({**hosts, "data": data, **sections}, routes=[router], plugins=[People], profile=profile)


MEMORY: dict[str, Any] = {"use": {"database": "memory"}}


@pytest.fixture
def app() -> Iterator[App]:
    with closing(application(MEMORY)) as app:
        yield app


@pytest.fixture
def debug(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, LOGGER)
    return caplog


def lines(caplog: pytest.LogCaptureFixture, level: int = logging.DEBUG) -> list[str]:
    """Return what was logged, and forget it."""
    found = [record.getMessage() for record in caplog.records if record.name == LOGGER and record.levelno == level]
    caplog.clear()
    return found


def line_of(text: str) -> int:
    """Return the number of the line of this file that holds a text."""
    source = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(source, start=1) if text in line)


# --- on every backend -------------------------------------------------------------------------------------------------

STATEMENTS = {
    "memory": [
        "insert people_person",
        "update people_person where id eq ?: age",
        "upsert people_person by name",
        "select people_person where name in ? and age ge ? order by name, id limit ?",
        "aggregate people_person by age",
    ],
    "sqlite": ["INSERT INTO", "UPDATE people_person SET age=?", "ON CONFLICT (name)", "ORDER BY", "GROUP BY"],
    "postgresql": ["INSERT INTO", "UPDATE people_person SET age=%s", "ON CONFLICT (name)", "ORDER BY", "GROUP BY"],
    "mariadb": ["INSERT INTO", "UPDATE people_person SET age=%s", "ON DUPLICATE KEY", "ORDER BY", "GROUP BY"],
    "mongodb": [
        "db.people_person.insertMany(?)",
        'db.people_person.updateMany({"_id": {"$eq": ?}}, {"$set": {"age": ?}})',
        'db.people_person.findOneAndUpdate({"name": {"$eq": ?}}, {"$set": {',
        'db.people_person.find({"$and": [{"name": {"$in": [?]}}, {"age": {"$gte": ?}}]}).sort({"name": 1, "_id": 1})',
        'db.people_person.aggregate([{"$group": {"_id": {"g0":',
    ],
}


@pytest.mark.parametrize("database", DATABASES)
def test_every_backend_tells_its_statements_without_values(
    database: str, debug: pytest.LogCaptureFixture, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with sections_of(database, tmp_path_factory.mktemp(database)) as sections:
        if sections is None:
            pytest.skip(NO_MONGODB)
        application(sections).start().close()  # creates what is missing
        with closing(application(sections, "production")) as app:
            assert Client(app).post("/everything").text == "done"
            Client(app).post("/people/Ada")
    told = lines(debug)
    for expected in STATEMENTS[database]:
        assert any(expected in line for line in told), expected
    assert not [line for line in told if re.search(r"Ada|Bo|hunter2|\[\w+=", line)]
    assert any("ended with UniqueViolation: " in line for line in told)
    assert all(re.match(rf"{MS}, (\d rows|ended with \w+): |POST /\w", line) for line in told)


# --- in development ---------------------------------------------------------------------------------------------------


def test_a_request_logs_each_statement_with_values_and_caller_and_a_summary(
    app: App, debug: pytest.LogCaptureFixture
) -> None:
    Client(app).get("/repeated/2")
    first, second, summary = lines(debug)
    at = f"tests/plugins/newel_data/test_observing.py:{line_of('return sum(db.query')} in "
    assert re.match(rf"{MS}, 1 rows: aggregate people_person where name eq \? \[name='Ada 0'\] at \S*{at}", first)
    assert "[name='Ada 1']" in second
    assert re.fullmatch(r"GET /repeated/<int:times>: 2 queries in \d+\.\d ms", summary)


def test_what_sounds_secret_is_never_shown_and_what_is_long_is_cut(app: App, debug: pytest.LogCaptureFixture) -> None:
    with app.scope() as scope:
        scope[Database].add(Person(name="A" * 80, password="hunter2"))
    line, summary = lines(debug)
    assert "hunter2" not in line
    assert "password=********" in line
    assert f"name='{'A' * (LONGEST - 1)}…" in line
    assert summary.startswith("outside a request: 1 query in ")


def test_a_stream_is_one_statement_with_all_its_rows(app: App, debug: pytest.LogCaptureFixture) -> None:
    with app.scope() as scope:
        scope[Database].add_all(Person(name=name) for name in "abc")
    lines(debug)
    assert Client(app).get("/streamed").text == "abc"
    statement, summary = lines(debug)
    assert ", 3 rows: select people_person order by name, id at " in statement
    assert f":{line_of('.stream(size=2)')} in streamed" in statement
    assert "1 query" in summary


def test_many_rows_are_told_by_the_first_of_them(app: App, debug: pytest.LogCaptureFixture) -> None:
    with app.scope() as scope:
        scope[Database].add_all(Person(name=name) for name in "abc")
    assert ", 3 rows: insert people_person [" in (line := lines(debug)[0])
    assert "name='a'" in line
    assert "further rows=2]" in line


def test_one_statement_repeated_is_warned_of_once_with_its_caller_and_the_remedy(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    Client(app).get("/repeated/4")
    assert lines(caplog, logging.WARNING) == []
    Client(app).get("/repeated/5")
    (warning,) = lines(caplog, logging.WARNING)
    assert warning.startswith("GET /repeated/<int:times>: one statement ran 5 times, at ")
    assert f"test_observing.py:{line_of('return sum(db.query')} in" in warning
    assert "aggregate people_person where name eq ?; group_by(...)" in warning


@pytest.mark.parametrize("repeated_queries, warned", [(0, 0), (2, 1), (100, 0)])
def test_configuration_says_how_often_is_too_often(
    repeated_queries: int, warned: int, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(application(MEMORY, repeated_queries=repeated_queries)) as app:
        Client(app).get("/repeated/20")
    assert len(lines(caplog, logging.WARNING)) == warned


@pytest.mark.parametrize("kind, remedy", [
    ("select", ".include(...)"),
    ("insert", "db.add_all(...)"),
    ("update", ".update(...)"),
    ("delete", ".delete()"),
    ("upsert", "read the rows that are there first"),
])  # fmt: skip
def test_the_remedy_fits_the_statement(kind: str, remedy: str, app: App, caplog: pytest.LogCaptureFixture) -> None:
    assert Client(app).post(f"/five/{kind}").status_code == 200
    assert remedy in lines(caplog, logging.WARNING)[-1]


def test_a_command_may_repeat_itself(app: App, caplog: pytest.LogCaptureFixture) -> None:
    with app.scope() as scope:
        for number in range(20):
            scope[Database].add(Person(name=f"Ada {number}"))
    assert lines(caplog, logging.WARNING) == []


def test_a_long_run_keeps_the_first_statements_and_counts_all(app: App) -> None:
    with app.scope() as scope:
        for _ in range(SHOWN + 5):
            scope[Database].query(Person).count()
        log = scope[QueryLog]
        assert len(log.entries) == SHOWN
        assert f"{SHOWN + 5} queries" in log.summary()
        assert log.panel().notes[-1] == f"the first {SHOWN} are shown"


# --- on the error page ------------------------------------------------------------------------------------------------


def test_the_error_page_lists_the_statements_of_the_request(app: App) -> None:
    html = Client(app).get("/failing", headers={"Accept": "text/html"}).text
    assert re.search(r"<h2>Database: 1 query in \d+\.\d ms</h2>", html)
    assert '<td data-name="statement">select people_person where age gt ? and name eq ?</td>' in html
    assert '<td data-name="values">age=3, name=&#39;Ada&#39;</td>' in html
    assert re.search(r'<td data-name="at">\S*test_observing.py:\d+ in failing</td>', html)


def test_text_and_problem_list_them_too(app: App) -> None:
    assert "select people_person where age gt ? and name eq ?, age=3, name='Ada'" in Client(app).get("/failing").text
    problem: Any = Client(app).get("/failing", headers={"Accept": "application/json"}).json
    (panel,) = problem["panels"]
    assert panel["title"].startswith("Database: 1 query")
    assert panel["rows"][0]["statement"] == "select people_person where age gt ? and name eq ?"


def test_a_page_without_statements_says_nothing_of_them(app: App) -> None:
    assert "Database:" not in Client(app).get("/nowhere", headers={"Accept": "text/html"}).text


# --- in production ----------------------------------------------------------------------------------------------------


@pytest.fixture
def production(app: App) -> Iterator[App]:
    with closing(application(MEMORY, "production")) as production:
        yield production


def test_production_logs_values_of_no_statement(production: App, debug: pytest.LogCaptureFixture) -> None:
    Client(production).get("/failing")
    statement, _ = lines(debug)
    assert re.match(rf"{MS}, 0 rows: select people_person where age gt \? and name eq \? at ", statement)


def test_without_a_logger_that_asks_nothing_is_observed(production: App, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    assert Client(production).get("/repeated/9").status_code == 200
    with production.scope() as scope:
        assert type(scope[Units]) is Units
        db = scope[Database]
        assert db._work.backend is scope[Backend]  # type: ignore[type-abstract]
        with pytest.raises(NotFound):
            db.get(Person, "nobody")
        assert not scope.is_open(QueryLog)
    assert lines(caplog, logging.WARNING) == []


def test_a_unit_that_nobody_observes_makes_no_further_calls(production: App) -> None:
    """What `Units` adds to a request is one call; the rest is the unit of work itself."""
    client = Client(production)
    client.get("/repeated/1")
    called: list[str] = []

    def note(frame: Any, event: str, argument: Any) -> None:
        if event == "call" and "newel_data" in frame.f_code.co_filename:
            called.append(frame.f_code.co_filename.rpartition("/")[2])

    sys.setprofile(note)
    try:
        client.get("/repeated/1")
    finally:
        sys.setprofile(None)
    assert "unit.py" in called
    assert not {"observing.py", "querylog.py", "telling.py", "callers.py"} & set(called)
