"""The notices by SQLAlchemy's ORM, for the peers that bring no database of their own."""

from __future__ import annotations

import datetime
import tempfile
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, String, Text, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from benchmarks import work


class Base(DeclarativeBase):
    pass


class Notice(Base):
    __tablename__ = "notice"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(80))
    posted: Mapped[datetime.datetime] = mapped_column(index=True)


NEWEST: Final = select(Notice).order_by(Notice.posted.desc(), Notice.id.desc()).limit(work.PAGE)


def filled() -> Engine:
    """Make a SQLite file that holds the notices; the engine pools connections to it."""
    engine = create_engine(f"sqlite:///{Path(tempfile.mkdtemp()) / 'notices.db'}")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Notice(**{**row, "posted": row["posted"].replace(tzinfo=None)}) for row in work.notices())
        session.commit()
    return engine
