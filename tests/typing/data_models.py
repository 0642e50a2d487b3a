"""What type checkers say of models: types that are inferred, and mistakes that are caught.

mypy and pyright read this file with the rest of the project; nothing runs it. A mistake carries an ignore, which both
obey, and which each of them reports where it finds nothing wrong.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, assert_type

from newel_data import Database, Field, Json, Model, Ref, Slice, count, field, key, ref, utcnow, version
from newel_data.aggregates import Row
from newel_data.columns import Arithmetic, Column
from newel_data.query import Grouped, Query
from newel_data.tree import Condition, Order


class State(Enum):
    draft = "draft"
    sent = "sent"


class Author(Model):
    name: Field[str] = field(max_length=80, unique=True)


class Country(Model):
    id: Field[str] = key(max_length=2)


class Notice(Model, unique=[("author", "title")], public=("id", "title", "body", "posted")):
    title: Field[str] = field(max_length=120, index=True)
    body: Field[str] = field(default="")
    author: Ref[Author] = ref(on_delete="cascade")
    editor: Ref[Author | None] = ref(on_delete="set_null", default=None)
    tags: Field[list[str]] = field(default_factory=list)
    price: Field[Decimal | None] = field(precision=12, scale=2, default=None)
    posted: Field[datetime] = field(default_factory=utcnow, index=True)
    state: Field[State] = field(default=State.draft)
    extra: Field[Json] = field(default_factory=dict)
    views: Field[int] = field(default=0)
    version: Field[int] = version()


def objects(author: Author) -> None:
    notice = Notice(title="x", author=author)
    assert_type(notice, Notice)
    assert_type(notice.id, str)
    assert_type(notice.title, str)
    assert_type(notice.author, Author)
    assert_type(notice.editor, Author | None)
    assert_type(notice.author.name, str)
    assert_type(notice.tags, list[str])
    assert_type(notice.price, Decimal | None)
    assert_type(notice.state, State)
    assert_type(notice.version, int)
    Notice(id="n1", title="x", author="a1", editor=None, price=Decimal(1), extra={"a": [1]})
    Country(id="fr")
    notice.author = author
    notice.author = "a1"
    notice.editor = None


def objects_wrong(author: Author, notice: Notice) -> None:
    Notice(author=author)  # type: ignore[call-arg]
    Notice(title="x")  # type: ignore[call-arg]
    Notice(titel="x", title="x", author=author)  # type: ignore[call-arg]
    Notice(title=5, author=author)  # type: ignore[arg-type]
    Notice(title="x", author=5)  # type: ignore[arg-type]
    Notice(title="x", author=None)  # type: ignore[arg-type]
    Notice(title="x", author=author, version=2)  # type: ignore[call-arg]
    Notice("x", author=author)  # type: ignore[call-arg]
    Country()  # type: ignore[call-arg]
    notice.title = 5  # type: ignore[assignment]
    notice.author = None  # type: ignore[assignment]
    _ = notice.titel  # type: ignore[attr-defined]
    _ = notice.editor.name  # type: ignore[union-attr]


def columns() -> None:
    assert_type(Notice.title, Column[str])
    assert_type(Notice.id, Column[str])
    assert_type(Notice.price, Column[Decimal | None])
    assert_type(Notice.author, type[Author])
    assert_type(Notice.editor, type[Author])
    assert_type(Notice.author.name, Column[str])
    assert_type(Notice.title == "x", Condition)
    assert_type(Notice.price < Decimal(1), Condition)
    assert_type(Notice.author.name != "Ada", Condition)
    assert_type(Notice.title.in_(["a", "b"]) & ~Notice.price.is_null(), Condition)
    assert_type(Notice.tags.contains("sale") | Notice.title.contains("sale"), Condition)
    assert_type(Notice.tags.length() > 3, Condition)
    assert_type(Notice.posted.desc(), Order)
    assert_type(Notice.views + 1, Arithmetic)


def columns_wrong(db: Database) -> None:
    query = db.query(Notice)
    query.where(Notice.title == 5)  # type: ignore[arg-type]
    query.where(Notice.author == "a1")  # type: ignore[arg-type, comparison-overlap]
    _ = Notice.posted > "2024"  # type: ignore[operator]
    _ = Notice.titel  # type: ignore[attr-defined]
    _ = Notice.author.nme  # type: ignore[attr-defined]
    Notice.tags.contains(5)  # type: ignore[arg-type]
    Notice.title.prefix(5)  # type: ignore[arg-type]
    Notice.title.in_([5])  # type: ignore[list-item]
    Notice.views.contains("1")  # type: ignore[misc]
    Notice.title + 1  # type: ignore[operator]
    Notice.title.like("x%")  # type: ignore[attr-defined]


def queries(db: Database, author: Author) -> None:
    query = db.query(Notice).where(Notice.title == "x", Notice.author.name == "Ada").order_by(Notice.posted.desc())
    assert_type(query, Query[Notice])
    assert_type(query.include(Notice.author).limit(20).all(), list[Notice])
    assert_type(query.first(), Notice | None)
    assert_type([each.title for each in query], list[str])
    assert_type(query.page(size=3), Slice[Notice])
    assert_type(query.page(size=3).items, list[Notice])
    assert_type(next(query.stream()), Notice)
    assert_type(query.count(), int)
    assert_type(query.exists(), bool)
    assert_type(query.distinct(Notice.title), list[str])
    assert_type(query.distinct(Notice.title, Notice.author), list[Any])
    assert_type(query.aggregate(n=count()), Row)
    assert_type(query.group_by(Notice.author), Grouped)
    assert_type(query.group_by(Notice.author).aggregate(n=count()), list[Row])
    assert_type(query.update(views=Notice.views + 1), int)
    assert_type(db.get(Notice, "n1"), Notice)
    assert_type(db.add(author), Author)
    assert_type(db.add_all([author]), list[Author])
    assert_type(db.save(author), Author)
    assert_type(db.upsert(author, by=(Author.name,)), Author)


def queries_wrong(db: Database) -> None:
    db.get(Notice, 5)  # type: ignore[arg-type]
    db.get(str, "n1")  # type: ignore[type-var]
    db.add("x")  # type: ignore[type-var]
    db.qery(Notice)  # type: ignore[attr-defined]
    db.query(Notice).order_by("posted")  # type: ignore[arg-type]
    db.query(Notice).limit("5")  # type: ignore[arg-type]
