"""SQLAlchemy's ORM: declarative classes, a `Session` for each unit, a joined load of what is referred to."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Numeric, String, Text, delete, func, select
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship

from benchmarks.peers.persistence.engine import Utc, engine_of
from benchmarks.persistence import work

warnings.filterwarnings("ignore", "Dialect sqlite.* does \\*not\\* support Decimal", SAWarning)


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))


class Notice(Base):
    __tablename__ = "notice"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    author_id: Mapped[str] = mapped_column(ForeignKey("author.id"), index=True)
    price: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    views: Mapped[int]
    open: Mapped[bool]
    posted: Mapped[datetime] = mapped_column(Utc, index=True)

    author: Mapped[Author] = relationship(lazy="raise")


class Store:
    author = "author_id"

    def __init__(self, server: str, url: str) -> None:
        self.engine = engine_of(server, url)
        Base.metadata.create_all(self.engine)
        with self.unit(writes=True) as session:
            session.add_all(Author(**values) for values in work.authors())
            session.add_all(Notice(**values) for values in work.notices())

    @contextmanager
    def unit(self, *, writes: bool) -> Iterator[Session]:
        with Session(self.engine) as session:
            yield session
            if writes:
                session.commit()

    def forget(self) -> None:
        with self.unit(writes=True) as session:
            session.execute(delete(Notice).where(Notice.id >= work.INSERTED))

    def get(self, session: Session, number: int) -> Any:
        return session.get_one(Notice, work.notice_key(number))

    def few(self, session: Session, number: int) -> Any:
        return session.scalars(_newest(work.FEW)).all()

    def many(self, session: Session, number: int) -> Any:
        return session.scalars(_newest(work.MANY)).all()

    def include(self, session: Session, number: int) -> Any:
        return session.scalars(_newest(work.FEW).options(joinedload(Notice.author, innerjoin=True))).all()

    def insert(self, session: Session, values: work.Values) -> None:
        session.add(Notice(**values))
        session.flush()

    def insert_many(self, session: Session, values: list[work.Values]) -> None:
        session.add_all([Notice(**each) for each in values])
        session.flush()

    def update(self, session: Session, number: int) -> None:
        notice = session.get_one(Notice, work.notice_key(number))
        notice.views = number
        session.flush()

    def aggregate(self, session: Session, number: int) -> Any:
        wanted = select(func.count(), func.sum(Notice.views), func.max(Notice.posted))
        mine = wanted.where(Notice.author_id == work.author_key(number))
        counted, total, latest = session.execute(mine).one()
        return counted, int(total), latest  # a sum is a decimal on some servers

    def stream(self, session: Session) -> Any:
        return session.scalars(select(Notice).execution_options(yield_per=work.STREAM_SIZE))


def _newest(count: int) -> Any:
    return select(Notice).order_by(Notice.posted.desc(), Notice.id.desc()).limit(count)


def build(server: str, url: str) -> Store:
    return Store(server, url)
