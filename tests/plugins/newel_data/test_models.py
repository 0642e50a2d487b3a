from __future__ import annotations

import pytest

from newel.errors import BootError, ProblemError
from newel_data import Field, Model, Models, Ref, field, ref
from newel_data.kit.models import MODELS, Author, Person, Topic


class Zebra(Model):
    stripes: Field[int] = field(default=1)


class Ark(Model, unique=[("name", "zebra")], index=[("name",), ("name", "zebra")]):
    name: Field[str] = field(max_length=10, index=True)
    zebra: Ref[Zebra]
    second: Ref[Zebra | None] = ref(default=None, on_delete="set_null")


def test_what_is_referred_to_comes_first() -> None:
    names = [table.name for table in Models([Ark, Zebra]).tables]
    assert names == ["zebra", "ark"]


def test_each_reference_has_an_index_and_none_is_needless() -> None:
    table = Models([Ark, Zebra]).table(Ark)
    assert {index.name: (index.names, index.unique) for index in table.indexes} == {
        "ark_name_zebra_id_key": (("name", "zebra"), True),
        "ark_zebra_id_idx": (("zebra",), False),
        "ark_second_id_idx": (("second",), False),
    }


def test_long_names_of_indexes_are_cut_and_stay_apart() -> None:
    class LongNamesOfTablesAreAllowed(Model, unique=[("first_rather_long_name", "second_rather_long_name")]):
        first_rather_long_name: Field[int] = field(index=True)
        second_rather_long_name: Field[int] = field(index=True)

    indexes = Models([LongNamesOfTablesAreAllowed]).table(LongNamesOfTablesAreAllowed).indexes
    assert len({index.name for index in indexes}) == len(indexes)
    assert all(len(index.name) <= 60 for index in indexes)


def test_an_index_on_a_case_insensitive_field_holds_its_companion() -> None:
    table = Models([Person]).table(Person)
    unique = next(index for index in table.indexes if index.unique)
    assert unique.names == ("name",)
    (companion,) = unique.fields
    assert (companion.column, companion.role, companion.type.max_length) == ("name_folded", "folded", 120)


def test_a_plugins_models_begin_with_its_name() -> None:
    models = Models([Zebra, Ark], {Zebra: "zoo"})
    assert [table.name for table in models.tables] == ["zoo_zebra", "ark"]
    assert models.table(Ark).references[0].reference is not None


def test_one_model_may_stand_in_several_sets() -> None:
    one, other = Models([Zebra]), Models([Zebra, Ark], {Zebra: "zoo"})
    assert one.table(Zebra) is not other.table(Zebra)
    assert one.table(Zebra).fields == other.table(Zebra).fields


def test_a_model_outside_the_set_is_told_with_the_remedy() -> None:
    with pytest.raises(ProblemError, match=r"test_models\.Zebra was used") as caught:
        Models([Author]).table(Zebra)
    assert "[data] models" in str(caught.value)


def test_problems_show_the_line_of_the_class() -> None:
    class Bad(Model):
        name: Field[str] = field(index=True)

    with pytest.raises(BootError) as caught:
        Models([Bad])
    (problem,) = caught.value.problems
    assert problem.places[0].file == __file__
    assert problem.places[0].line > 0


def test_two_models_of_one_name_show_both_lines() -> None:
    class Zebra(Model):
        pass

    with pytest.raises(BootError, match="two models are stored as 'zebra'") as caught:
        Models([Zebra, globals()["Zebra"]])
    assert len(caught.value.problems[0].places) == 2


def test_deletes_are_walked_where_foreign_keys_would_not_do() -> None:
    models = Models(MODELS)
    walked = {table.model for table in models.tables if models.walks(table)}
    assert walked == {Author, Topic, Person}
