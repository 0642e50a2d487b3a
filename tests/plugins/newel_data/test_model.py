from __future__ import annotations

import copy
import pickle
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from newel.errors import BootError
from newel_data import Field, Json, Model, Models, NotLoaded, Ref, field, ref, utcnow, version
from newel_data.kit.models import Author, Notice
from newel_data.references import ReferenceColumn

if TYPE_CHECKING:
    from newel_data.kit.models import Award as Elsewhere


class Base(Model, abstract=True):
    made: Field[datetime] = field(default_factory=utcnow)


class Page(Base, public=("id", "title", "parent"), table="wiki_page"):
    title: Field[str] = field(max_length=20, column="heading")
    parent: Ref[Page | None] = ref(default=None)
    notes: Field[Json] = field(default_factory=dict)
    version: Field[int] = version()
    body: Field[str]


def page(**values: Any) -> Page:
    given: dict[str, Any] = {"title": "t", "body": "b", **values}
    return Page(**given)


# --- objects


def test_an_object_is_made_with_its_defaults() -> None:
    made = page()
    assert (made.title, made.parent, made.notes, made.version) == ("t", None, {}, 1)
    assert page().notes is not made.notes
    assert page().id != made.id


def test_a_missing_value_is_named() -> None:
    with pytest.raises(TypeError, match="Page\\(\\) needs 'body'"):
        Page(title="t")  # type: ignore[call-arg]


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(TypeError, match="no field 'titel'; did you mean 'title'"):
        Page(titel="x")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="no field 'titel'; did you mean 'title'"):
        page(titel="x")


def test_the_version_is_not_given() -> None:
    with pytest.raises(TypeError, match="'version' is counted by Newel"):
        page(version=3)


def test_a_base_makes_no_objects() -> None:
    with pytest.raises(TypeError, match="Base is a base of models"):
        Base()


def test_objects_are_equal_by_model_and_id() -> None:
    one, same = page(id="p1"), page(id="p1", title="other")
    assert one == same
    assert hash(one) == hash(same)
    assert one != page(id="p2")
    assert one != Author(id="p1", name="x")
    assert repr(one) == "<Page p1>"


def test_reading_a_field_is_a_look_up_in_the_object() -> None:
    made = page()
    vars(made)["title"] = "from the dictionary"
    assert made.title == "from the dictionary"


def test_a_reference_that_is_given_by_id_is_an_object_with_its_id() -> None:
    made = page(parent="p0")
    assert isinstance(made.parent, Page)
    assert made.parent.id == "p0"
    assert made.parent is made.parent
    with pytest.raises(NotLoaded, match=r"Page\.title was not loaded"):
        _ = made.parent.title


def test_objects_can_be_copied_and_pickled() -> None:
    made = Notice(id="n1", title="t", author="a1")
    for again in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert again == made
        assert vars(again) == vars(made)


# --- what may be seen


def test_public_fields_are_data_and_references_their_ids() -> None:
    assert page(id="p1", parent="p0").__public__() == {"id": "p1", "title": "t", "parent": "p0"}


def test_a_model_without_public_fields_is_no_data() -> None:
    with pytest.raises(TypeError, match="declares nothing public"):
        Author(name="x").__public__()


# --- classes


def test_bases_give_each_model_fields_of_its_own() -> None:
    assert Page.made.model is Page
    table = Models([Page]).table(Page)
    assert [each.name for each in table.fields] == ["id", "made", "title", "parent", "notes", "version", "body"]


def test_names_are_stored_as_declared() -> None:
    table = Models([Page]).table(Page)
    assert table.name == "wiki_page"
    assert [each.column for each in table.fields] == ["id", "made", "heading", "parent_id", "notes", "version", "body"]


def test_a_column_behind_a_reference_looks_one_step_further() -> None:
    column: Any = Page.parent.title
    assert column.target.via is Models([Page]).table(Page).references[0]
    again: Any = Page.parent.title
    assert again is column
    assert isinstance(Page.parent, ReferenceColumn)
    own: Any = Page.parent.id
    assert own.target.via is None


def test_models_declared_in_a_function_find_one_another_in_their_set() -> None:
    class Left(Model):
        right: Ref[Right | None] = ref(default=None)

    class Right(Model):
        left: Ref[Left | None] = ref(default=None)

    models = Models([Left, Right])
    assert [table.name for table in models.tables] == ["right", "left"]
    reference = models.table(Left).references[0].reference
    assert reference is not None
    assert reference.target is Right


def test_a_name_that_is_imported_for_type_checkers_only_is_said_so() -> None:
    class Lost(Model):
        other: Ref[Elsewhere]

    with pytest.raises(BootError, match="'Elsewhere' is not known") as caught:
        Models([Lost])
    assert "TYPE_CHECKING" in str(caught.value)


def test_a_field_without_an_annotation_is_said_so() -> None:
    class Bare(Model):
        title = field()  # pyright: ignore[reportGeneralTypeIssues]

    with pytest.raises(BootError, match="has no annotation"):
        Models([Bare])


def test_a_plain_value_is_said_so() -> None:
    class Plain(Model):
        title: Field[str] = "x"  # type: ignore[assignment]

    with pytest.raises(BootError, match=r"write field\(default='x'\)"):
        Models([Plain])


def test_class_variables_and_private_names_are_no_fields() -> None:
    from typing import ClassVar

    class Quiet(Model):
        limit: ClassVar[int] = 5
        _cache: int = 0

    assert [each.name for each in Models([Quiet]).table(Quiet).fields] == ["id"]
