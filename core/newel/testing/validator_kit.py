"""What every validator must do: a suite of tests that a plugin runs over its own.

```python
from newel.testing.validator_kit import Field, ValidatorKit


class TestPydantic(ValidatorKit):
    def make_validator(self):
        return PydanticValidator()

    def make_kind(self, name, fields):
        return pydantic.create_model(name, **{field.name: (type_of(field), default_of(field)) for field in fields})
```

The kit describes a class by `Field`s and has the plugin make it in its own terms. What a validator cannot do at all it
declares (`json = False`, `files = False`), and the kit then asks that it says so when a route is compiled.
"""
# ruff: noqa: D102 (the name of a test is its description)

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from types import GenericAlias
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from newel.contracts.validator import CODES, FieldError, InvalidInput, MalformedInput, Reader, Validator
from newel.testing.validator_cases import MISTAKES, NO_DEFAULT, SAME, Color, Field, Mistake, Same, Upload, shown

__all__ = ["NO_DEFAULT", "Color", "Field", "Upload", "ValidatorKit"]

ZURICH: Final = ZoneInfo("Europe/Zurich")


def mistakes_of(read: Any, sent: Any) -> tuple[FieldError, ...]:
    """Return what a reader says of input that it must refuse: a form says it when its value is asked for."""
    with pytest.raises(InvalidInput) as caught:
        _ = read(sent).value
    return caught.value.errors


def places_and_codes(errors: Sequence[FieldError]) -> list[tuple[str, str]]:
    """Return of each error what does not depend on words."""
    return [(error.field, error.code) for error in errors]


def document(value: Any) -> bytes:
    """Return the bytes of a JSON document."""
    return json.dumps(value).encode()


class ValidatorKit:
    """Inherit from it in a class whose name begins with `Test`, and say how things are made."""

    json = True
    """Whether the validator reads JSON documents."""

    files = True
    """Whether it lets uploaded files through."""

    def make_validator(self) -> Validator:
        """Return the validator to be tested."""
        raise NotImplementedError

    def make_kind(self, name: str, fields: Sequence[Field]) -> Any:
        """Return a new class with these fields. Its values have the fields as attributes."""
        raise NotImplementedError

    def reader(self, *fields: Field, timezone: ZoneInfo = ZURICH) -> Reader[Any]:
        """Compile a class with these fields."""
        return self.make_validator().compile(self.make_kind("Notice", fields), timezone)

    # --- which classes ------------------------------------------------------------------------------------------------

    def test_accepts_the_classes_that_it_reads(self) -> None:
        assert self.make_validator().accepts(self.make_kind("Notice", [Field("title", str)]))

    @pytest.mark.parametrize("kind", [Upload, Color, 5])
    def test_leaves_what_it_cannot_read_to_others(self, kind: object) -> None:
        assert not self.make_validator().accepts(kind)

    def test_a_field_that_no_form_can_hold_is_named_before_any_form_is_read(self) -> None:
        inner = self.make_kind("Author", [Field("name", str)])
        with pytest.raises(TypeError, match="authors"):
            _ = self.reader(Field("authors", GenericAlias(list, inner))).form

    def test_a_field_that_no_document_can_hold_is_named_before_any_document_is_read(self) -> None:
        with pytest.raises(TypeError, match="photo" if self.json else ""):
            _ = self.reader(Field("photo", Upload)).data

    # --- values -------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("case", SAME, ids=shown)
    def test_a_text_of_a_form_is_read_as_its_type(self, case: Same) -> None:
        read = self.reader(Field("it", case.type)).form({"it": [case.text]}).value.it
        assert (case.value, type(case.value)) == (read, type(read))

    @pytest.mark.parametrize("case", SAME, ids=shown)
    def test_a_text_of_a_query_string_is_read_as_its_type(self, case: Same) -> None:
        assert case.value == self.reader(Field("it", case.type)).query({"it": [case.text]}).it

    @pytest.mark.parametrize("case", SAME, ids=shown)
    def test_a_json_value_is_read_as_the_same(self, case: Same) -> None:
        if self.json:
            read = self.reader(Field("it", case.type)).data(document({"it": case.json})).it
            assert (case.value, type(case.value)) == (read, type(read))

    def test_what_was_not_sent_has_its_default(self) -> None:
        reader = self.reader(Field("title", str), Field("pages", int, 1), Field("note", str | None, None))
        values = [reader.form({"title": ["a"]}).value, reader.query({"title": ["a"]})]
        values += [reader.data(b'{"title":"a"}')] if self.json else []
        assert [(1, None)] * len(values) == [(value.pages, value.note) for value in values]

    def test_two_values_share_no_default(self) -> None:
        read = self.reader(Field("tags", list[str], [])).query
        first, second = read({}), read({})
        first.tags.append("mine")
        assert second.tags == []

    def test_reading_leaves_what_was_sent_as_it_was(self) -> None:
        sent = {"title": [" a\r\n"], "tags": ["x", ""], "other": ["?"]}
        self.reader(Field("title", str), Field("tags", list[str])).form(sent)
        assert sent == {"title": [" a\r\n"], "tags": ["x", ""], "other": ["?"]}

    # --- the rules of forms -------------------------------------------------------------------------------------------

    def test_text_is_stripped(self) -> None:
        assert self.reader(Field("title", str)).form({"title": ["  a b \t"]}).value.title == "a b"

    def test_line_ends_become_one_kind(self) -> None:
        assert self.reader(Field("body", str)).form({"body": ["a\r\nb\rc\nd"]}).value.body == "a\nb\nc\nd"

    @pytest.mark.parametrize("text", ["", "  ", "\r\n"])
    def test_empty_is_none_where_the_type_allows_it(self, text: str) -> None:
        reader = self.reader(Field("note", str | None, "default"), Field("pages", int | None))
        value = reader.form({"note": [text], "pages": [text]}).value
        assert (value.note, value.pages) == (None, None)

    def test_empty_counts_as_not_sent_where_the_type_allows_no_none(self) -> None:
        reader = self.reader(Field("title", str), Field("pages", int), Field("copies", int, 1), Field("note", str, "-"))
        sent = {"title": [" "], "pages": [""], "copies": [""], "note": [""]}
        assert places_and_codes(mistakes_of(reader.form, sent)) == [("title", "missing"), ("pages", "missing")]
        value = reader.form({**sent, "title": ["a"], "pages": ["2"]}).value
        assert (value.copies, value.note) == (1, "-")

    def test_of_several_texts_the_last_counts(self) -> None:
        assert self.reader(Field("pages", int)).form({"pages": ["0", "1"]}).value.pages == 1

    def test_a_list_takes_each_text_but_the_empty_ones(self) -> None:
        assert self.reader(Field("pages", list[int])).form({"pages": ["3", "", "1"]}).value.pages == [3, 1]

    @pytest.mark.parametrize("default", [True, False, NO_DEFAULT])
    def test_a_checkbox_that_is_absent_from_a_form_is_false(self, default: Any) -> None:
        assert self.reader(Field("public", bool, default)).form({"title": ["a"]}).value.public is False

    def test_a_checkbox_that_is_on_is_true(self) -> None:
        assert self.reader(Field("public", bool)).form({"public": ["on"]}).value.public is True

    @pytest.mark.parametrize("default", [[], NO_DEFAULT])
    def test_a_list_of_which_nothing_is_ticked_is_empty(self, default: Any) -> None:
        assert self.reader(Field("tags", list[str], default)).form({}).value.tags == []

    def test_what_is_absent_from_a_query_string_has_its_default(self) -> None:
        assert self.reader(Field("public", bool, True)).query({}).public is True
        assert places_and_codes(mistakes_of(self.reader(Field("public", bool)).query, {})) == [("public", "missing")]

    @pytest.mark.parametrize("text", ["2026-07-01T09:30", "2026-07-01T09:30:00", "2026-07-01 09:30"])
    def test_a_local_date_and_time_is_in_the_timezone_of_the_application(self, text: str) -> None:
        value = self.reader(Field("at", datetime)).form({"at": [text]}).value.at
        assert datetime(2026, 7, 1, 7, 30, tzinfo=UTC) == value

    def test_a_time_may_lack_its_seconds(self) -> None:
        assert time(9, 30) == self.reader(Field("at", time)).form({"at": ["09:30"]}).value.at

    def test_an_undeclared_name_is_ignored(self) -> None:
        reader, sent = self.reader(Field("title", str)), {"title": ["a"], "is_admin": ["1"]}
        for value in (reader.form(sent).value, reader.query(sent)):
            assert not hasattr(value, "is_admin")

    @pytest.mark.parametrize("text", ["5", "x"])
    def test_a_form_knows_what_was_sent_whether_it_is_valid_or_not(self, text: str) -> None:
        form = self.reader(Field("pages", int)).form({"pages": [text], "other": ["a"]})
        assert (text, "a", text == "5") == (form.typed("pages"), form.typed("other"), bool(form))

    def test_a_file_passes_as_it_is(self) -> None:
        if not self.files:
            with pytest.raises(TypeError, match="photo"):
                _ = self.reader(Field("photo", Upload)).form
            return
        reader = self.reader(Field("photo", Upload), Field("others", list[Upload]), Field("none", Upload | None, None))
        photo, other = Upload(), Upload()
        value = reader.form({"photo": [photo], "others": [other, photo]}).value
        assert (value.photo, value.others, value.none) == (photo, [other, photo], None)

    def test_text_is_no_file(self) -> None:
        if self.files:
            errors = mistakes_of(self.reader(Field("photo", Upload)).form, {"photo": ["C:\\fakepath\\a.png"]})
            assert places_and_codes(errors) == [("photo", "type")]

    @pytest.mark.parametrize("kind", [str, int, datetime, Color, str | None])
    def test_a_file_is_no_text(self, kind: Any) -> None:
        errors = mistakes_of(self.reader(Field("title", kind)).form, {"title": [Upload()]})
        assert [error.field for error in errors] == ["title"]

    # --- mistakes -----------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("case", MISTAKES, ids=shown)
    def test_a_mistake_in_a_form_has_its_code_and_parameters(self, case: Mistake) -> None:
        reader = self.reader(Field("it", case.type, bounds=case.bounds))
        (error,) = mistakes_of(reader.form, {"it": [case.text]})
        assert (error.place, error.code) == (("it",), case.code)
        assert {**error.parameters, **case.parameters} == error.parameters

    @pytest.mark.parametrize("case", MISTAKES, ids=shown)
    def test_the_same_mistake_in_json_is_the_same_error(self, case: Mistake) -> None:
        if self.json:
            reader = self.reader(Field("it", case.type, bounds=case.bounds))
            in_json = mistakes_of(reader.data, document({"it": case.json}))
            assert mistakes_of(reader.form, {"it": [case.text]}) == in_json

    @pytest.mark.parametrize("case", MISTAKES, ids=shown)
    def test_a_mistake_is_told_in_a_sentence(self, case: Mistake) -> None:
        (error,) = mistakes_of(self.reader(Field("it", case.type, bounds=case.bounds)).form, {"it": [case.text]})
        assert error.code in CODES
        assert error.text.endswith(".")
        assert error.text[0].isupper()

    def test_all_mistakes_of_a_form_are_told_at_once_in_the_order_of_the_fields(self) -> None:
        reader = self.reader(
            Field("title", str, bounds={"max_length": 3}),
            Field("pages", int),
            Field("color", Color),
            Field("body", str),
            Field("tags", list[int]),
        )
        errors = mistakes_of(reader.form, {"title": ["long"], "pages": ["x"], "color": ["?"], "tags": ["1", "x", "y"]})
        assert places_and_codes(errors) == [
            ("title", "too_long"),
            ("pages", "type"),
            ("color", "choice"),
            ("body", "missing"),
            ("tags.1", "type"),
            ("tags.2", "type"),
        ]

    def test_too_few_and_too_many_values_of_a_list_are_mistakes(self) -> None:
        reader = self.reader(Field("tags", list[str], bounds={"min_length": 1, "max_length": 2}))
        (few,) = mistakes_of(reader.form, {})
        (many,) = mistakes_of(reader.form, {"tags": ["a", "b", "c"]})
        assert places_and_codes([few, many]) == [("tags", "too_short"), ("tags", "too_long")]
        assert dict(few.parameters) == {"limit": 1, "unit": "items"}

    # --- documents ----------------------------------------------------------------------------------------------------

    def _nested(self) -> Reader[Any]:
        author = self.make_kind("Author", [Field("name", str), Field("age", int, 0)])
        return self.reader(
            Field("title", str, bounds={"max_length": 3}),
            Field("authors", GenericAlias(list, author)),
            Field("first", author | None),
        )

    def test_nested_values_are_read(self) -> None:
        if self.json:
            value = self._nested().data(document({"title": "a", "authors": [{"name": "b"}], "first": {"name": "c"}}))
            assert (value.authors[0].name, value.authors[0].age, value.first.name) == ("b", 0, "c")

    def test_all_mistakes_of_a_document_are_told_at_once_with_their_places(self) -> None:
        if self.json:
            sent = {"title": "long", "authors": [{"name": "b"}, {"age": "x"}, 5], "first": {"name": 1}}
            assert set(places_and_codes(mistakes_of(self._nested().data, document(sent)))) == {
                ("title", "too_long"),
                ("authors.1.name", "missing"),
                ("authors.1.age", "type"),
                ("authors.2", "type"),
                ("first.name", "type"),
            }

    def test_an_undeclared_key_is_refused_wherever_it_stands(self) -> None:
        if self.json:
            sent = {"title": "a", "authors": [{"name": "b", "is_admin": True}], "first": None, "is_admin": True}
            errors = mistakes_of(self._nested().data, document(sent))
            assert {("authors.0.is_admin", "unknown"), ("is_admin", "unknown")} == set(places_and_codes(errors))

    @pytest.mark.parametrize("sent", [None, 5, "x", [], True])
    def test_a_document_of_another_kind_is_a_mistake_of_the_whole(self, sent: object) -> None:
        if self.json:
            assert places_and_codes(mistakes_of(self._nested().data, document(sent))) == [("", "type")]

    @pytest.mark.parametrize(
        "kind, sent",
        [(str, 5), (str, None), (int, "5"), (int, True), (bool, 1), (float, "1.5"), (list[int], 5), (date, 20260131)],
    )
    def test_json_values_are_not_converted(self, kind: Any, sent: object) -> None:
        if self.json:
            errors = mistakes_of(self.reader(Field("it", kind)).data, document({"it": sent}))
            assert places_and_codes(errors) == [("it", "type")]

    def test_json_text_is_taken_as_it_is(self) -> None:
        if self.json:
            assert self.reader(Field("it", str)).data(b'{"it":" a\\r\\n"}').it == " a\r\n"

    def test_a_date_and_time_in_json_says_its_offset(self) -> None:
        if self.json:
            errors = mistakes_of(self.reader(Field("at", datetime)).data, b'{"at":"2026-01-31T09:30:00"}')
            assert places_and_codes(errors) == [("at", "format")]

    def test_of_duplicate_keys_the_last_one_counts(self) -> None:
        if self.json:
            assert self.reader(Field("it", int)).data(b'{"it":1,"it":2}').it == 2

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"{'it':1}", b'{"it":1}x', b'{"it":NaN}', b'{"it":1,}', b"\xff\xfe{\x00}\x00", b'{"it":"\xff"}'],
    )
    def test_what_is_no_json_is_malformed(self, body: bytes) -> None:
        if self.json:
            with pytest.raises(MalformedInput):
                self.reader(Field("it", str)).data(body)

    @pytest.mark.parametrize("body", [b'{"it":' + b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000])
    def test_nesting_without_end_is_malformed(self, body: bytes) -> None:
        if self.json:
            with pytest.raises((MalformedInput, InvalidInput)):
                self.reader(Field("it", str)).data(body)

    def test_a_huge_number_is_refused_like_any_other_mistake(self) -> None:
        if self.json:
            reader = self.reader(Field("it", int), Field("other", float, 0.0))
            for body in (b'{"it":' + b"9" * 5000 + b"}", b'{"it":1,"other":1e999}'):
                with pytest.raises((MalformedInput, InvalidInput)):
                    reader.data(body)
