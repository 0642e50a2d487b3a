"""The board in figures: counted, summed and grouped by the database, and on each alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from newel_data import Database, avg, count, max_, min_
from noticeboard.models import Author, Comment, Notice

MONTHS = 12
POSTERS = 10


@dataclass
class Prices:
    """What is asked for things: None where nothing has a price."""

    notices: int
    lowest: Decimal | None
    average: Decimal | None
    highest: Decimal | None


@dataclass
class Month:
    """What was posted in one month."""

    first_day: date
    notices: int
    priced: int


@dataclass
class Poster:
    """Somebody who posts, and how much."""

    author: Author
    notices: int
    latest: datetime


@dataclass
class Figures:
    """The board as a whole, its latest months, and those who post most."""

    notices: int
    comments: int
    prices: Prices
    months: list[Month]
    posters: list[Poster]


def of_board(db: Database) -> Figures:
    """Compute everything: five queries, however much there is on the board."""
    whole = db.query(Notice).aggregate(
        notices=count(),
        priced=count(Notice.price),
        lowest=min_(Notice.price),
        average=avg(Notice.price),
        highest=max_(Notice.price),
    )
    average = None if whole.average is None else round(whole.average, 2)
    prices = Prices(whole.priced, whole.lowest, average, whole.highest)
    return Figures(whole.notices, db.query(Comment).count(), prices, _months(db), _posters(db))


def _months(db: Database) -> list[Month]:
    """Return the latest months in which something was posted, the last one first."""
    rows = db.query(Notice).group_by(month=Notice.posted.by_month()).aggregate(n=count(), priced=count(Notice.price))
    return [Month(row.month, row.n, row.priced) for row in rows[: -MONTHS - 1 : -1]]


def _posters(db: Database) -> list[Poster]:
    """Return those with the most notices. A group by a reference holds ids; their names take one query for all."""
    rows = db.query(Notice).group_by(Notice.author).aggregate(n=count(), latest=max_(Notice.posted))
    most = sorted(rows, key=lambda row: (-row.n, row.author.id))[:POSTERS]
    authors = {author.id: author for author in db.query(Author).where(Author.id.in_([row.author.id for row in most]))}
    return [Poster(authors[row.author.id], row.n, row.latest) for row in most]
