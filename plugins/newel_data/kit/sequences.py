"""Generated sequences of units: writes that may succeed or break a rule, committed or rolled back; run on two backends.

Needs hypothesis. After each unit all tables are read; what was answered, what was refused (by its status, as several
rules may be broken at once) and what is stored must be the same.
"""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from newel_data.database import Database
from newel_data.encoding import datetime_of
from newel_data.errors import DataError
from newel_data.kit.generated import shown
from newel_data.kit.harness import Kit
from newel_data.kit.models import Account, Author, Award, Chapter, Comment, Maker, Notice, Person, Sale, Topic, Ware
from newel_data.model import Model

MODELS: Final[tuple[type[Model], ...]] = (
    Author, Notice, Comment, Award, Person, Topic, Chapter, Account, Maker, Ware, Sale,
)  # fmt: skip

Operation = tuple[Any, ...]
UnitOfOperations = tuple[list[Operation], bool]

_keys: Final = st.sampled_from(["k1", "k2", "k3", "k4"])
_names: Final = st.sampled_from(["ada", "Ada", "bob", "\u00e9", "e\u0301"])
_small: Final = st.integers(0, 3)
_times: Final = st.integers(1, 3).map(datetime_of)

FIELDS: Final[dict[type[Model], dict[str, st.SearchStrategy[Any]]]] = {
    Author: {"name": _names},
    Notice: {"title": _names, "author": _keys, "editor": st.none() | _keys, "views": _small, "posted": _times},
    Comment: {"notice": _keys, "text": _names},
    Award: {"author": _keys, "year": st.integers(1899, 1902)},
    Person: {"name": _names, "superior": st.none() | _keys},
    Topic: {"name": _names, "above": st.none() | _keys},
    Chapter: {"topic": _keys, "source": st.none() | _keys},
    Account: {
        "code": st.sampled_from(["c1", "c2", "c3"]),
        "email": st.none() | _names,
        "level": st.integers(0, 5),
        "hits": _small,
    },
    Maker: {"name": _names},
    Ware: {"name": _names, "maker": _keys, "stock": st.integers(-1, 3)},
    Sale: {"ware": _keys},
}
"""What the fields of each model may be given: few values, so that rules are often broken."""

UNIQUE: Final[dict[type[Model], tuple[str, ...]]] = {
    Author: ("name",),
    Notice: ("author", "title"),
    Person: ("name",),
    Account: ("code",),
    Ware: ("maker", "name"),
}
COUNTED: Final[dict[type[Model], str]] = {Notice: "views", Account: "level", Ware: "stock"}


def programs() -> st.SearchStrategy[list[UnitOfOperations]]:
    """Draw units: a few operations each, and whether it is committed."""
    return st.lists(st.tuples(st.lists(_operations(), min_size=1, max_size=4), st.booleans()), min_size=1, max_size=5)


def _operations() -> st.SearchStrategy[Operation]:
    return st.sampled_from(MODELS).flatmap(_operations_of)


def _operations_of(model: type[Model]) -> st.SearchStrategy[Operation]:
    fields = FIELDS[model]
    whole = st.fixed_dictionaries({"id": _keys, **fields})
    some = st.fixed_dictionaries({}, optional=dict(fields))
    found: st.SearchStrategy[Operation] = (
        st.tuples(st.just("add"), st.just(model), whole)
        | st.tuples(st.just("save"), st.just(model), _keys, some)
        | st.tuples(st.just("delete"), st.just(model), _keys)
        | st.tuples(st.sampled_from(["save late", "delete late"]), st.just(model), _keys, some.filter(bool))
        | st.tuples(st.just("add all"), st.just(model), st.lists(whole, max_size=3))
        | st.tuples(st.just("remove"), st.just(model), st.lists(_keys, max_size=3))
        | st.tuples(st.just("update"), st.just(model), st.lists(_keys, max_size=3), some.filter(bool))
    )
    if model in UNIQUE:
        found |= st.tuples(st.just("upsert"), st.just(model), whole)
    if model in COUNTED:
        found |= st.tuples(st.just("count"), st.just(model), st.integers(-2, 2))
    return found


def outcome(kit: Kit, program: list[UnitOfOperations]) -> list[Any]:
    """Run the units; return what each answered, and what was stored after it."""
    kit.clean()
    return [part for operations, commit in program for part in (_unit(kit, operations, commit=commit), stored(kit))]


def _unit(kit: Kit, operations: list[Operation], *, commit: bool) -> list[Any]:
    db = kit.database()
    answers: list[Any] = []
    try:
        for operation in operations:
            answers.append(_answer(db, operation))
            answers.append([db.query(model).count() for model in MODELS])
        if commit:
            db.finish(500)
    except DataError as error:
        answers.append(error.http_status)
    finally:
        db.close()
    return answers


def _answer(db: Database, operation: Operation) -> Any:
    try:
        return _run(db, *operation)
    except DataError as error:
        return error.http_status


def _run(db: Database, kind: str, model: Any, given: Any, changes: Any = None) -> Any:
    found: Any
    match kind:
        case "add":
            found = shown(db.add(model(**given)))
        case "add all":
            found = list(map(shown, db.add_all(model(**values) for values in given)))
        case "upsert":
            found = shown(db.upsert(model(**given), by=tuple(getattr(model, name) for name in UNIQUE[model])))
        case "remove":
            found = db.query(model).where(model.id.in_(given)).delete()
        case "update":
            found = db.query(model).where(model.id.in_(given)).update(**changes)
        case "count":
            name = COUNTED[model]
            found = db.query(model).update(**{name: getattr(model, name) + given})
        case _:
            found = _on_object(db, kind, db.get(model, given), changes)
    return found


def _on_object(db: Database, kind: str, obj: Any, changes: Any) -> Any:
    if kind.endswith("late"):
        db.query(type(obj)).where(type(obj).id == obj.id).update(**changes)
    if kind.startswith("delete"):
        return db.delete(obj)
    for name, value in changes.items():
        setattr(obj, name, value)
    return shown(db.save(obj))


def stored(kit: Kit) -> list[str]:
    """Return every row of every table, comparably."""
    with kit.unit(read_only=True) as db:
        return [f"{m.__name__} {shown(each)}" for m in MODELS for each in db.query(m).order_by(m.id)]
