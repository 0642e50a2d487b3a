"""Cases: texts, compared by code point and never by what a server's collation makes of them."""

# ruff: noqa: D103  -- the name of a case says what it shows

from __future__ import annotations

from typing import Final

from newel_data.columns import MAX_PART
from newel_data.errors import ConstraintViolation, NotFound, UniqueViolation
from newel_data.kit.harness import Kit, case, raises
from newel_data.kit.models import Account, Author, Everything, Notice, Person

COMPOSED: Final = "\u00e9"
DECOMPOSED: Final = "e\u0301"

TEXTS: Final = (
    "", "a", "A", "abc", "ABC", "aBc", "a%c", "a_c", "a\\c", "a*c", "a.c", "a[c]", "a?c", "a'c", 'a"c', "a;--",
    "%", "_", "\\", "*", "$a", "^a", "a$", "é", "É", "straße", "STRASSE", " a", "a ", "\t", "\n", "\U0001f600a",
)  # fmt: skip
"""Texts that a pattern language, a quote or a collation would treat in a way of its own."""


@case("contains, prefix, suffix")
def parts_of_texts_are_literal_and_case_sensitive(kit: Kit) -> None:
    kit.stored(*(Everything(text=text) for text in TEXTS), Everything())
    column = Everything.text
    with kit.unit(read_only=True) as db:
        for part in (*TEXTS, "b", "B", "SS", "ss", "\\c", "%c", "nothing"):
            cases = (
                ("contains", column.contains(part), [part in text for text in TEXTS]),
                ("prefix", column.prefix(part), [text.startswith(part) for text in TEXTS]),
                ("suffix", column.suffix(part), [text.endswith(part) for text in TEXTS]),
            )
            for name, condition, expected in cases:
                found = sorted(each.text or "" for each in db.query(Everything).where(condition))
                wanted = sorted(text for text, is_in in zip(TEXTS, expected, strict=True) if is_in)
                assert found == wanted, f"{name}({part!r}) found {found}"
                others = db.query(Everything).where(~condition).count()
                assert others == len(TEXTS) - len(wanted), f"~{name}({part!r})"


@case("strings")
def texts_are_stored_and_looked_up_in_nfc(kit: Kit) -> None:
    with kit.unit() as db:
        obj = db.add(Everything(text=DECOMPOSED))
        assert obj.text == COMPOSED
        assert db.query(Everything).where(Everything.text == DECOMPOSED).count() == 1
        assert db.query(Everything).where(Everything.text.contains(DECOMPOSED)).count() == 1
        assert db.query(Everything).where(Everything.text.in_([DECOMPOSED])).count() == 1


@case("strings", needs=["transactions"])
def the_length_is_checked_after_normalising(kit: Kit) -> None:
    with kit.unit() as db:
        db.add(Everything(text=DECOMPOSED * 200))
        with raises(ConstraintViolation) as caught:
            db.add(Everything(text="x" * 201))
        assert (caught[0].field, caught[0].code) == ("text", "too_long")
        db.add(Everything(text="\U0001f600" * 200))


@case("strings")
def tokens_are_stored_as_they_are(kit: Kit) -> None:
    kit.stored(Account(code="t" + COMPOSED), Account(code="t" + DECOMPOSED))
    with kit.unit(read_only=True) as db:
        assert db.query(Account).where(Account.code == "t" + DECOMPOSED).count() == 1


@case("strings")
def nul_and_lone_surrogates_are_refused_before_io(kit: Kit) -> None:
    with kit.unit() as db:
        for text in ("a\0b", "\0", "\ud800", "é\udfff"):
            with raises(ConstraintViolation):
                db.add(Everything(text=text))
            with raises(ConstraintViolation):
                db.query(Everything).where(Everything.text == text)
            with raises(ConstraintViolation):
                db.add(Everything(words=[text]))
            with raises(NotFound):
                db.get(Everything, text)


@case("strings")
def a_look_up_for_a_text_that_is_too_long_finds_nothing(kit: Kit) -> None:
    kit.stored(Everything(text="x" * 200))
    with kit.unit(read_only=True) as db:
        assert db.query(Everything).where(Everything.text == "x" * 201).count() == 0
        assert db.query(Everything).where(Everything.text < "x" * 201).count() == 1
        with raises(NotFound):
            db.get(Everything, "x" * 300)


@case("contains, prefix, suffix", needs=["transactions"])
def a_part_that_is_too_long_is_refused_alike(kit: Kit) -> None:
    author = Author(name="Ada")
    part = ".\U0001f600" * (MAX_PART // 2)
    kit.stored(author, Notice(title="x", author=author, body=f"<{part}>"))
    with kit.unit(read_only=True) as db:
        body = Notice.body
        for condition in (body.contains(part), body.prefix(f"<{part}"[:-1]), body.suffix(f"{part}>"[1:])):
            assert db.query(Notice).where(condition).count() == 1
        for search in (body.contains, body.prefix, body.suffix):
            with raises(ConstraintViolation) as caught:
                search(f"{part}x")
            assert caught[0].code == "too_long"


@case("strings")
def equality_and_uniqueness_are_by_code_point(kit: Kit) -> None:
    tokens = ["ab", "AB", "ab ", " ab", "áb", "ab\u200b", "ﬁ2", "fi2"]
    kit.stored(*(Account(code=token) for token in tokens))
    with kit.unit(read_only=True) as db:
        for token in tokens:
            assert [each.code for each in db.query(Account).where(Account.code == token)] == [token]


@case("strings")
def case_insensitive_fields_compare_and_order_without_case(kit: Kit) -> None:
    names = ["Straße", "bob", "ADA", "Çelik", "Zoë"]
    kit.stored(*(Person(name=name) for name in names))
    with kit.unit(read_only=True) as db:
        query = db.query(Person)
        for name, other in (
            ("straße", "STRASSE"),
            ("Bob", "BOB"),
            ("ada", "Ada"),
            ("çelik", "ÇELIK"),
            ("ZOE\u0308", "zoë"),
        ):
            assert query.where(Person.name == name).count() == 1, name
            assert query.where(Person.name == other).count() == 1, other
            assert query.where(Person.name != other).count() == len(names) - 1
            assert query.where(Person.name.in_([other])).count() == 1
        assert [each.name for each in query.order_by(Person.name)] == ["ADA", "bob", "Straße", "Zoë", "Çelik"]
        assert query.where(Person.name.prefix("AD")).count() == 1
        assert query.where(Person.name.prefix("ad")).count() == 0
        assert query.where(Person.name < "C").count() == 2


@case("strings")
def case_insensitive_fields_are_unique_without_case(kit: Kit) -> None:
    kit.stored(Person(name="Straße"))
    for name in ("STRASSE", "strasse", "Straße"):
        db = kit.database()
        with raises(UniqueViolation) as caught:
            db.add(Person(name=name))
        assert caught[0].fields == ("name",)
        db.close()


@case("strings", needs=["transactions"])
def a_case_insensitive_field_follows_every_change(kit: Kit) -> None:
    with kit.unit() as db:
        person = db.add(Person(name="Ada"))
        person.name = "Bob"
        db.save(person)
        assert db.query(Person).where(Person.name == "BOB").count() == 1
        assert db.query(Person).where(Person.name == "ada").count() == 0
        db.query(Person).update(name="Cid")
        assert db.query(Person).where(Person.name == "CID").count() == 1


@case("injection")
def values_never_become_part_of_a_statement(kit: Kit) -> None:
    evil = ["'; DROP TABLE everything; --", '" OR 1=1 --', "{{7*7}}", "$where", "\\'", ":text", "%(text)s", "?"]
    kit.stored(*(Everything(text=text, words=[text]) for text in evil))
    with kit.unit(read_only=True) as db:
        for text in evil:
            assert db.query(Everything).where(Everything.text == text).count() == 1
            assert db.query(Everything).where(Everything.words.contains(text)).count() == 1
            assert db.query(Everything).where(Everything.text.contains(text)).count() == 1
