"""Cases: what is refused where it is declared or asked for, with the feature, the reason and the portable way."""

# ruff: noqa: D103  -- the name of a case says what it shows

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from types import new_class
from typing import Any

from newel.errors import BootError, ProblemError
from newel_data.errors import NotPortable
from newel_data.fields import Field, Ref, field, key, ref, version
from newel_data.kinds import Json
from newel_data.kit.harness import Kit, case, raises
from newel_data.kit.models import Colour, Everything
from newel_data.model import Model
from newel_data.models import Models
from newel_data.schema import INT_MIN

AnyField: Any = Field


class Mixed(Enum):
    """An enum whose values are of two types."""

    one = 1
    two = "two"


class Vast(Enum):
    """An enum whose value no database can hold."""

    one = 2**70


def declared(_name: str = "Thing", _models: tuple[type[Model], ...] = (), /, **arguments: Any) -> type[Model]:
    """Declare a model: `name=(annotation, declaration)` for fields, anything else for the class."""
    fields = {name: value for name, value in arguments.items() if isinstance(value, tuple) and len(value) == 2}
    options = {name: value for name, value in arguments.items() if name not in fields}
    body = {name: declaration for name, (_, declaration) in fields.items() if declaration is not None}
    annotations = {name: annotation for name, (annotation, _) in fields.items()}
    body |= {"__annotations__": annotations, "__module__": __name__}
    return new_class(_name, (Model,), options, lambda namespace: namespace.update(body))


def complaint(*models: type[Model]) -> str:
    """Return what is said of a set of models, which must be refused."""
    with raises(BootError) as caught:
        Models(models)
    assert all(problem.places and problem.remedy for problem in caught[0].problems)
    return str(caught[0])


@case("refused at boot")
def fields_that_are_not_alike_everywhere(kit: Kit) -> None:
    text = Field[str]
    wrong: list[tuple[Any, Any, str]] = [
        (AnyField[dict], None, "cannot be stored alike"),
        (AnyField[list[list[int]]], None, "cannot be stored alike"),
        (Field[str | int], None, "cannot be stored alike"),
        (Field[complex], None, "cannot be stored alike"),
        (Field[Mixed], None, "neither all str nor all int"),
        (Field[Decimal], None, "precision"),
        (Field[Decimal], field(precision=35, scale=2), "precision"),
        (Field[Decimal], field(precision=5, scale=6), "precision"),
        (Field[int], field(max_length=5), "no length"),
        (Field[str], field(minimum=1), "no range"),
        (Field[int], field(case_insensitive=True), "no letters"),
        (Field[Json], field(choices=[1]), "no choices"),
        (text, field(max_length=0), "leaves no value"),
        (text, field(index=True), "max_length"),
        (text, field(unique=True), "max_length"),
        (text, field(unique=True, max_length=641), "640"),
        (text, field(unique=True, max_length=214, case_insensitive=True), "640"),
        (Field[list[str]], field(index=True), "not portable"),
        (Field[Json], field(unique=True), "not portable"),
        (text, field(default=5), "refuses"),
        (text, field(default=None), "None"),
        (Field[list[str]], field(default=[]), "share"),
        (text, key(max_length=5), "composite keys"),
        (Field[int], key(max_length=5), "composite keys"),
        (Field[str], version(), "counter"),
    ]
    for annotation, declaration, said in wrong:
        found = complaint(declared(thing=(annotation, declaration)))
        assert said in found, found
    assert "autoincrement" in complaint(declared(id=(Field[int], key(max_length=5))))


@case("refused at boot")
def limits_that_are_no_values_of_their_field(kit: Kit) -> None:
    wrong: list[tuple[Any, Any, str]] = [
        (Field[int], field(minimum="a"), "the minimum 'a'"),
        (Field[int], field(maximum=0.5), "the maximum 0.5"),
        (Field[int], field(minimum=INT_MIN - 1), "64 bit"),
        (Field[int], field(minimum=5, maximum=1), "leave no value"),
        (Field[list[int]], field(minimum="a"), "the minimum 'a'"),
        (Field[datetime], field(minimum=datetime(2024, 1, 1)), "aware"),  # noqa: DTZ001
        (Field[Decimal], field(precision=4, scale=2, maximum=Decimal("0.001")), "after the point"),
        (Field[float], field(maximum=float("inf")), "finite"),
        (Field[str], field(choices=[1, 2]), "the choice 1"),
        (Field[str], field(choices=["abcd"], max_length=3), "3 characters"),
        (Field[str], field(choices=[]), "leave no value"),
        (Field[str], field(min_length=-1), "no length"),
        (Field[Colour], field(choices=[Colour.red]), "choices"),
        (Field[Vast], None, "64 bit"),
    ]
    for annotation, declaration, said in wrong:
        found = complaint(declared(thing=(annotation, declaration)))
        assert said in found, found


@case("refused at boot")
def choices_are_compared_as_values_are_stored(kit: Kit) -> None:
    model = declared(text=(Field[str], field(choices=["e\u0301"])), price=(Field[Decimal], _price(choices=[1, 2])))
    text, price = (each.type.choices for each in Models([model]).table(model).fields[1:])
    assert (text, repr(price)) == (("\u00e9",), "(Decimal('1.00'), Decimal('2.00'))")


def _price(**options: Any) -> Any:
    return field(precision=4, scale=2, **options)


@case("names")
def names_that_are_not_names_everywhere(kit: Kit) -> None:
    for name in ("Thing", "thing__x", "thing_", "x" * 49, "überschrift"):
        assert "no name everywhere" in complaint(declared(**{name: (Field[int], None)}))
    for column in ("$set", "a.b", "_id", "select *", "a'b", 'a"b', "a`b", "a%b", "1a", "a  b", "a b ", "ä", "x" * 61):
        assert "no name everywhere" in complaint(declared(thing=(Field[int], field(column=column))))
    for table in ("$cmd", "no.name", "_name", "x" * 61):
        assert "no name everywhere" in complaint(declared(table=table))
    for same in ("one", "ONE"):
        both = complaint(declared(one=(Field[int], None), two=(Field[int], field(column=same))))
        assert f"'{same}', and so is one" in both


@case("names")
def reserved_words_are_names_as_any_other(kit: Kit) -> None:
    words = ("select", "order", "group", "table", "user", "index", "key", "values", "limit")
    model = declared("Order", (), **{word: (Field[int], field(default=1)) for word in words})
    assert Models([model]).table(model).name == "order"


@case("refused at boot")
def references_that_lead_out_of_the_set(kit: Kit) -> None:
    other = declared("Other")
    for declaration, said in (
        (ref(), "not in the set"),
        (ref(on_delete="set_null"), "None is none of its values"),
        (ref(default=None), "not in the set"),
    ):
        found = complaint(declared(other=(Ref[other], declaration)))  # type: ignore[valid-type]
        assert said in found, found
    assert "no model" in complaint(declared(other=(Ref[str], ref())))


@case("refused at boot")
def every_problem_is_told_at_once(kit: Kit) -> None:
    first = declared("First", (), a=(AnyField[dict], None), b=(Field[Decimal], None))
    second = declared("Second", (), c=(Field[str], field(index=True)))
    found = complaint(first, second, declared("Second"))
    assert "First.a" in found
    assert "First.b" in found
    assert "'c'" in found
    assert "two models are stored as 'second'" in found


@case("refused at boot")
def indexes_over_what_is_not_there(kit: Kit) -> None:
    for wrong in ([("titel",)], [("title", "title")], [()], [("title", "where deleted is null")]):
        found = complaint(declared(title=(Field[str], field(max_length=5)), unique=wrong))
        assert "asks for an index" in found
        assert "not portable" in found


@case("refused at boot")
def a_model_of_a_model_is_refused(kit: Kit) -> None:
    base = declared("Base")
    below = new_class("Below", (base,), {}, lambda namespace: namespace.update({"__module__": __name__}))
    assert "inherits from the model Base" in complaint(base, below)


@case("refused at boot")
def a_model_outside_the_set_raises_at_first_use(kit: Kit) -> None:
    outside = declared("Outside")
    with kit.unit() as db:
        for use in (lambda: db.query(outside), lambda: db.get(outside, "x"), lambda: db.add(outside())):
            with raises(ProblemError) as caught:
                use()
            assert "closed set" in str(caught[0])


@case("refused when asked for")
def what_other_libraries_have_names_the_portable_way(kit: Kit) -> None:
    everything: Any = Everything
    column = everything.text
    with kit.unit(read_only=True) as db:
        query: Any = db.query(Everything)
        database: Any = db
        asked: list[Any] = [
            lambda: column.like,
            lambda: column.regex,
            lambda: column.search,
            lambda: everything.extra.path,
            lambda: query.union,
            lambda: query.random,
            lambda: query.search,
            lambda: query.for_update,
            lambda: query.having,
            lambda: query.join,
            lambda: database.savepoint,
            lambda: database.execute,
            lambda: everything.extra == {"a": 1},
            lambda: everything.words < ["a"],
            everything.text.length,
            lambda: everything.colour.contains("r"),
            lambda: everything.moment + 1,
            lambda: everything.rank + 1,
        ]
        for ask in asked:
            with raises(NotPortable) as caught:
                ask()
            error = caught[0]
            assert error.feature
            assert error.reason
            assert error.instead
            assert error.http_status == 500


@case("refused when asked for")
def updates_that_would_differ(kit: Kit) -> None:
    with kit.unit() as db:
        query = db.query(Everything)
        not_portable: list[dict[str, Any]] = [{"id": "x"}, {"text": Everything.text}]
        for changes in not_portable:
            with raises(NotPortable):
                query.update(**changes)
        not_right: list[dict[str, Any]] = [{"whole": Everything.real + 1}, {}, {"nothing": 1}]
        for changes in not_right:
            with raises(TypeError):
                query.update(**changes)
        for wrong in (query.limit(1), query.order_by(Everything.text), query.offset(1)):
            with raises(TypeError):
                wrong.update(text="x")
            with raises(TypeError):
                wrong.delete()


class Timed(Model, abstract=True):
    """A base of models, which share its fields."""

    made: Field[datetime | None] = field(default=None)


class Note(Timed):
    """A model with a base."""

    text: Field[str]


@case("names")
def bases_share_fields(kit: Kit) -> None:
    models = Models([Note])
    table = models.table(Note)
    assert [each.name for each in table.fields] == ["id", "made", "text"]
    assert "list the models below it" in complaint(Timed)
