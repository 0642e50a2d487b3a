"""Generated questions that look across references: asked, counted, included, changed and deleted on two backends.

Needs hypothesis. A test draws one of the `boards()`, and compares what two kits answer to it.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import msgspec
from hypothesis import strategies as st

from newel_data.aggregates import count
from newel_data.database import Database
from newel_data.errors import DataError
from newel_data.kit.generated import shown
from newel_data.kit.harness import Kit
from newel_data.kit.models import Author, Award, Comment, Notice
from newel_data.tree import Condition

_KEYS: Final = ["k1", "k2", "k3"]
_NAMES: Final = ["Ada", "ada", "e\u0301", "Zo\u00eb", ""]
_born: Final = st.none() | st.sampled_from([date(1, 1, 1), date(1815, 12, 10), date(9999, 12, 31)])

COLUMNS: Final[dict[str, tuple[Any, st.SearchStrategy[Any]]]] = {
    "author.name": (Notice.author.name, st.sampled_from(_NAMES)),
    "author.born": (Notice.author.born, _born.filter(bool)),
    "author.id": (Notice.author.id, st.sampled_from(_KEYS)),
    "editor.name": (Notice.editor.name, st.sampled_from(_NAMES)),
    "editor.born": (Notice.editor.born, _born.filter(bool)),
    "editor.id": (Notice.editor.id, st.sampled_from(_KEYS)),
    "views": (Notice.views, st.integers(0, 3)),
}
"""What is asked of a notice, and with which values."""


class Board(msgspec.Struct, frozen=True):
    """Authors and notices, and a recipe of what is asked of the notices."""

    authors: dict[str, dict[str, Any]]
    notices: list[dict[str, Any]]
    recipe: Any
    kept: bool


@st.composite
def boards(draw: st.DrawFn) -> Board:
    """Draw a board; `kept` says that an award keeps one of its authors from being removed."""
    names = draw(st.lists(st.sampled_from(_NAMES), min_size=1, max_size=3, unique=True))
    keys = _KEYS[: len(names)]
    authors = {key: {"name": name, "born": draw(_born)} for key, name in zip(keys, names, strict=True)}
    editors = st.none() | st.sampled_from(keys)
    notice = st.fixed_dictionaries({"author": st.sampled_from(keys), "editor": editors, "views": st.integers(0, 3)})
    return Board(authors, draw(st.lists(notice, max_size=6)), draw(_recipes()), draw(st.booleans()))


def _recipes() -> st.SearchStrategy[Any]:
    return st.recursive(
        st.sampled_from(sorted(COLUMNS)).flatmap(_leaves),
        lambda inner: st.tuples(st.sampled_from(["and", "or"]), inner, inner) | st.tuples(st.just("not"), inner),
        max_leaves=4,
    )


def _leaves(name: str) -> st.SearchStrategy[Any]:
    values = COLUMNS[name][1]
    compared = st.tuples(st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]), st.just(name), values)
    return compared | st.just(("null", name)) | st.tuples(st.just("in_"), st.just(name), st.lists(values, max_size=3))


def condition(recipe: Any) -> Condition:
    """Make the condition of a recipe."""
    kind, *rest = recipe
    made: Condition
    match kind:
        case "and":
            made = condition(rest[0]) & condition(rest[1])
        case "or":
            made = condition(rest[0]) | condition(rest[1])
        case "not":
            made = ~condition(rest[0])
        case "null":
            made = COLUMNS[rest[0]][0].is_null()
        case "in_":
            made = COLUMNS[rest[0]][0].in_(rest[1])
        case _:
            made = getattr(COLUMNS[rest[0]][0], f"__{kind}__")(rest[1])
    return made


def answers(kit: Kit, board: Board) -> list[Any]:
    """Store a board, ask it in every way, and return all answers, comparably."""
    kit.clean()
    _store(kit, board)
    asked = condition(board.recipe)
    with kit.unit(read_only=True) as db:
        query = db.query(Notice).where(asked)
        included = query.include(Notice.author, Notice.editor).order_by(Notice.views.desc())
        found: list[Any] = [
            [(each.id, each.author.name, each.editor and each.editor.name) for each in included],
            [each.id for each in query.order_by(Notice.editor.id.desc()).page(size=2)],
            (query.count(), query.exists()),
            [repr(dict(row)) for row in query.group_by(Notice.editor, Notice.author).aggregate(n=count())],
            query.distinct(Notice.editor),
        ]
    return [*found, _changed(kit, asked), _deleted(kit, asked), _cleared(kit)]


def _store(kit: Kit, board: Board) -> None:
    authors = [Author(id=key, **values) for key, values in board.authors.items()]
    notices = [Notice(id=f"n{n}", title=str(n), **values) for n, values in enumerate(board.notices)]
    comments = [Comment(id=f"c{n}", notice=notice, text="x") for n, notice in enumerate(notices)]
    with kit.unit() as db:
        db.add_all([*authors, *notices, *comments])
        if board.kept:
            db.add(Award(author=authors[-1], year=2000))


def _changed(kit: Kit, asked: Condition) -> Any:
    with kit.unit() as db:
        return db.query(Notice).where(asked).update(views=Notice.views + 1, editor=None), _left(db)


def _deleted(kit: Kit, asked: Condition) -> Any:
    with kit.unit() as db:
        return db.query(Notice).where(asked).delete(), _left(db)


def _cleared(kit: Kit) -> Any:
    db = kit.database()
    try:
        return db.query(Author).where(Author.name != "Ada").delete(), _left(db)
    except DataError as error:
        return error.http_status
    finally:
        db.close()


def _left(db: Database) -> list[str]:
    """Return what is stored, but for the moments at which it was."""
    notices = [(n.id, n.author.id, n.editor and n.editor.id, n.views, n.version) for n in db.query(Notice)]
    return [*map(repr, sorted(notices)), *sorted(map(shown, [*db.query(Author), *db.query(Comment)]))]
