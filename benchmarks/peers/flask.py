"""Flask: Flask-WTF for forms (its token off, as no other form here has one), SQLAlchemy's ORM, its own Jinja2."""

from __future__ import annotations

from typing import Any

from flask import Flask, jsonify, render_template, request
from flask_wtf import FlaskForm

from benchmarks import work
from benchmarks.peers.form_wtforms import PostFields
from benchmarks.texts import SECRET


class PostForm(PostFields, FlaskForm):
    pass


def document() -> Any:
    return work.DOCUMENT


def typed(key: int) -> Any:
    return {
        "id": key,
        "limit": request.args.get("limit", 10, type=int),
        "q": request.args.get("q", ""),
        "exact": request.args.get("exact") == "true",
    }


def form() -> Any:
    posted = PostForm()
    if not posted.validate_on_submit():
        return {"errors": sorted(posted.errors)}, 422
    return posted.data


def echo() -> Any:
    return jsonify(request.get_json())


def build(site: str) -> Flask:
    app = Flask("full", static_folder=None, template_folder=str(work.TEMPLATES / "jinja"))
    app.config.update(SECRET_KEY=SECRET, WTF_CSRF_ENABLED=False)
    app.add_url_rule("/json", view_func=document)
    app.add_url_rule("/typed/<int:key>", view_func=typed)
    app.add_url_rule("/form", view_func=form, methods=["POST"])
    app.add_url_rule("/echo", view_func=echo, methods=["POST"])
    if site == "data":
        app.add_url_rule("/notices", view_func=_notices())
    return app


def _notices() -> Any:
    from sqlalchemy.orm import Session

    from benchmarks.peers import rows_orm

    engine = rows_orm.filled()

    def notices() -> str:
        with Session(engine) as session:
            return render_template("list.html", notices=session.scalars(rows_orm.NEWEST).all())

    return notices
