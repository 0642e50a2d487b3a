"""Django's ORM: connections are kept, a unit that writes is `atomic()`, a reference is read by `select_related`."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import django
from django.conf import settings
from django.db import transaction
from sqlalchemy import make_url

from benchmarks.persistence import work


class Store:
    author = "author_id"

    def __init__(self, server: str, url: str) -> None:
        settings.configure(DATABASES={"default": _database(server, url)}, USE_TZ=True, TIME_ZONE="UTC", DEBUG=False)
        django.setup()
        from django.db import connection

        from benchmarks.peers.persistence.django_models import Author, Notice

        with connection.schema_editor() as editor:
            editor.create_model(Author)
            editor.create_model(Notice)
        self.notices: Any = Notice
        with self.unit(writes=True):
            Author.objects.bulk_create([Author(**values) for values in work.authors()])
            Notice.objects.bulk_create([Notice(**values) for values in work.notices()])

    def unit(self, *, writes: bool) -> AbstractContextManager[Any]:
        return transaction.atomic() if writes else nullcontext()

    def forget(self) -> None:
        self.notices.objects.filter(id__gte=work.INSERTED).delete()

    def get(self, unit: Any, number: int) -> Any:
        return self.notices.objects.get(id=work.notice_key(number))

    def few(self, unit: Any, number: int) -> Any:
        return list(self._newest()[: work.FEW])

    def many(self, unit: Any, number: int) -> Any:
        return list(self._newest()[: work.MANY])

    def include(self, unit: Any, number: int) -> Any:
        return list(self._newest().select_related("author")[: work.FEW])

    def insert(self, unit: Any, values: work.Values) -> None:
        self.notices.objects.create(**values)

    def insert_many(self, unit: Any, values: list[work.Values]) -> None:
        self.notices.objects.bulk_create([self.notices(**each) for each in values])

    def update(self, unit: Any, number: int) -> None:
        notice = self.get(unit, number)
        notice.views = number
        notice.save(update_fields=["views"])

    def aggregate(self, unit: Any, number: int) -> Any:
        from django.db.models import Count, Max, Sum

        mine = self.notices.objects.filter(author_id=work.author_key(number))
        found = mine.aggregate(n=Count("*"), views=Sum("views"), latest=Max("posted"))
        return found["n"], found["views"], found["latest"]

    def stream(self, unit: Any) -> Any:
        return self.notices.objects.iterator(work.STREAM_SIZE)

    def _newest(self) -> Any:
        return self.notices.objects.order_by("-posted", "-id")


def _database(server: str, url: str) -> dict[str, Any]:
    place = make_url(url)
    if server == "sqlite":
        pragmas = "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;"
        options = {"init_command": pragmas, "transaction_mode": "IMMEDIATE"}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": place.database, "OPTIONS": options}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": place.database,
        "HOST": place.host,
        "PORT": place.port,
        "USER": place.username,
        "PASSWORD": place.password or "",
        "CONN_MAX_AGE": None,
    }


def build(server: str, url: str) -> Store:
    return Store(server, url)
