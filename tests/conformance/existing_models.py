"""Models of tables that something else made."""

from __future__ import annotations

from newel_data import Field, Model, Ref, field, key, ref


class Writer(Model, table="WRITERS", existing=True):
    """A natural key of another name, and a unique column."""

    id: Field[str] = key(max_length=10, column="WRITER_NO")
    name: Field[str] = field(max_length=80, column="Name", unique=True)


class Article(Model, table="Order", existing=True, unique=[("writer", "title")]):
    """A reserved word, a foreign key of another name, a set that is unique by a constraint of another name."""

    id: Field[str] = key(max_length=12, column="ORDER-NO")
    title: Field[str] = field(max_length=120, column="Select")
    writer: Ref[Writer] = ref(on_delete="cascade", column="Written By")
