"""Falcon: media handlers, forms by msgspec as in its recipe, SQLAlchemy's ORM and Jinja2."""

from __future__ import annotations

from typing import Annotated, Any

import falcon
import msgspec
from msgspec import Meta

from benchmarks import work


class Document:
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.media = work.DOCUMENT


class Typed:
    def on_get(self, req: falcon.Request, resp: falcon.Response, key: int) -> None:
        resp.media = {
            "id": key,
            "limit": req.get_param_as_int("limit", default=10),
            "q": req.get_param("q", default=""),
            "exact": req.get_param_as_bool("exact", default=False),
        }


class Post(msgspec.Struct):
    title: Annotated[str, Meta(min_length=1, max_length=work.MAX_TITLE)]
    body: Annotated[str, Meta(min_length=1, max_length=work.MAX_BODY)]
    rating: Annotated[int, Meta(ge=work.MIN_RATING, le=work.MAX_RATING)]


class Form:
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        try:
            post = msgspec.convert(req.get_media(), Post, strict=False)
        except msgspec.ValidationError as error:
            resp.status = falcon.HTTP_422
            resp.media = {"errors": [str(error).rpartition("$.")[2].rstrip("`")]}
        else:
            resp.media = {"title": post.title, "body": post.body, "rating": post.rating}


class Echo:
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.media = req.get_media()


def build(site: str) -> falcon.App[Any, Any]:
    app = falcon.App()
    app.add_route("/json", Document())
    app.add_route("/typed/{key:int}", Typed())
    app.add_route("/form", Form())
    app.add_route("/echo", Echo())
    if site == "data":
        app.add_route("/notices", _notices())
    return app


def _notices() -> Any:
    from jinja2 import Environment, FileSystemLoader
    from sqlalchemy.orm import Session

    from benchmarks.peers import rows_orm

    templates = Environment(loader=FileSystemLoader(work.TEMPLATES / "jinja"), autoescape=True, auto_reload=False)
    engine = rows_orm.filled()

    class Notices:
        def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
            with Session(engine) as session:
                found = session.scalars(rows_orm.NEWEST).all()
                resp.text = templates.get_template("list.html").render(notices=found)
            resp.content_type = falcon.MEDIA_HTML

    return Notices()
