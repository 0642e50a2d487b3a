"""`newel new`: the files of a small application that runs, and whose tests pass.

One page over one model, with a form; each file is as short as it can be and still shows where its kind of thing goes.
"""

from __future__ import annotations

import importlib.util
import keyword
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

NAME: Final = "APPNAME"
"""Stands for the application's name in paths and texts."""

NEEDED: Final = {"jinja2": "newel[jinja2]", "sqlalchemy": "newel[sql]", "pytest": "pytest"}
"""What the application imports beside the kernel's libraries, and what installs it."""


def refusal(name: str) -> str | None:
    """Return why a name cannot be that of an application, or None."""
    if not name.isidentifier() or not name.isascii():
        return f"{name!r} is no name of a package: letters, digits and underscores, and a letter first."
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return f"{name!r} is a word of the language."
    if name in sys.stdlib_module_names or name in {"newel", "tests", "static", "templates"}:
        return f"a module called {name!r} is there already; the application would hide it."
    return None


def write(folder: Path, name: str) -> Iterator[Path]:
    """Write the files below a folder, and yield each."""
    for path, text in FILES.items():
        file = folder / path.replace(NAME, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace(NAME, name), encoding="utf-8")
        yield file


def next_steps(name: str) -> str:
    """Return what to do with an application that was just written."""
    missing = [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]
    install = [f"  pip install {' '.join(repr(package) for package in missing)}"] if missing else []
    return "\n".join(["", "Now:", f"  cd {name}", *install, "  newel run", "  python -m pytest"])


# --- the files ------------------------------------------------------------------------------------------------------
_NEWEL_TOML: Final = """\
# What the application is made of. `newel config` shows every value and where it came from.

[app]
routes  = ["APPNAME.views"]                # modules whose routers are served
plugins = ["static", "APPNAME.hooks"]      # installed plugins by name; with a dot: a module of your own
# hosts = ["APPNAME.example.org"]          # the names it answers for: required in production

[use]                                      # the interchangeable parts, one line each
templates = "jinja2"
database  = "sql"                          # or "memory"; to try: newel run --use database=memory

[data]
models = ["APPNAME.models"]                # what is stored

[sql]
url = "sqlite:///APPNAME.db"
"""

_MODELS: Final = '''\
"""What is stored."""

from __future__ import annotations

from datetime import datetime

from newel_data import Field, Model, field, utcnow


class Note(Model):
    text: Field[str] = field(max_length=500)
    written: Field[datetime] = field(default_factory=utcnow, index=True)
'''

_VIEWS: Final = '''\
"""The pages. A handler's signature says what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta
from newel import Form, Page, Redirect, Router
from newel_data import Database

from APPNAME.models import Note

router = Router()


@dataclass
class NewNote:
    text: Annotated[str, Meta(min_length=1, max_length=500)]


@router.get("/")
def index(db: Database) -> Page:
    return _listed(db, Form.blank())


@router.post("/")
def post(db: Database, form: Form[NewNote]) -> Page | Redirect:
    if not form:  # the page again, with what was typed, as 422
        return _listed(db, form)
    db.add(Note(text=form.value.text))
    return Redirect(index)


@router.post("/notes/<id>/delete")
def delete(db: Database, id: str) -> Redirect:
    db.delete(db.get(Note, id))
    return Redirect(index)


def _listed(db: Database, form: Form[NewNote]) -> Page:
    notes = db.query(Note).order_by(Note.written.desc()).limit(50).all()
    return Page("index.html", notes=notes, form=form)
'''

_HOOKS: Final = '''\
"""A plugin of the application's own: hooks are functions in a module that newel.toml lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from newel import hookimpl


@hookimpl
def newel_template_names() -> dict[str, Callable[..., str]]:
    """Let every template call `day(moment)`."""
    return {"day": day}


def day(moment: datetime) -> str:
    """Return a moment's day, as people write it."""
    return moment.strftime("%d %B %Y").removeprefix("0")
'''

_LAYOUT: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{% block title %}APPNAME{% endblock %}</title>
<link rel="stylesheet" href="{{ static_url("style.css") }}">
</head>
<body>
<main>
{% block main %}
{% endblock %}
</main>
</body>
</html>
"""

_INDEX: Final = """\
{% extends "layout.html" %}
{% block main %}
<h1>APPNAME</h1>
<form method="post" action="{{ url_for("post") }}">
<label for="text">A note</label>
<textarea id="text" name="text" rows="3" maxlength="500" required>{{ form.typed("text") }}</textarea>
{% for error in form.errors_of("text") %}
<p class="error" role="alert">{{ error.text }}</p>
{% endfor %}
<button>Keep it</button>
</form>
{% for note in notes %}
<article>
<p>{{ note.text }}</p>
<form method="post" action="{{ url_for("delete", id=note.id) }}">
<time datetime="{{ note.written.isoformat() }}">{{ day(note.written) }}</time>
<button class="quiet">Delete</button>
</form>
</article>
{% else %}
<p>Nothing is written yet.</p>
{% endfor %}
{% endblock %}
"""

_STYLE: Final = """\
:root { color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif; }
main { max-width: 40rem; margin: 0 auto; padding: 1rem; }
label { display: block; font-weight: 600; }
textarea { box-sizing: border-box; width: 100%; padding: .5rem; font: inherit; }
button { padding: .4rem 1rem; font: inherit; cursor: pointer; }
article { margin: 1.5rem 0; padding-top: .5rem; border-top: 1px solid #8886; }
article p { margin: 0 0 .5rem; white-space: pre-wrap; overflow-wrap: anywhere; }
article form { display: flex; justify-content: space-between; font-size: .9rem; }
.quiet { padding: 0; border: 0; background: none; color: inherit; text-decoration: underline; }
.error { margin: .3rem 0; color: #c22; }
"""

_CONFTEST: Final = '''\
"""What the tests share: the application. Each test has a database of the run's own to itself, beside the real one."""

from __future__ import annotations

from pathlib import Path

import pytest
from newel import App

FOLDER = Path(__file__).parent.parent

pytest_plugins = [
    "newel.testing.fixtures",  # client, scope
    "newel_data.testing",  # what a test stores is gone after it
]


@pytest.fixture
def app() -> App:
    return App(FOLDER, profile="development")
'''

_TEST_VIEWS: Final = """\
from __future__ import annotations

from newel import App
from newel.testing import Client
from newel_data import Database

from APPNAME.models import Note


def test_a_note_is_kept_and_shown(client: Client) -> None:
    answer = client.post("/", data={"text": "<b>Milk</b>"}, follow_redirects=True)
    assert answer.status_code == 200
    assert "&lt;b&gt;Milk&lt;/b&gt;" in answer.text


def test_an_empty_note_is_refused(client: Client) -> None:
    assert client.post("/", data={"text": "  "}).status_code == 422


def test_a_note_is_deleted(app: App, client: Client) -> None:
    with app.scope() as scope:
        note = scope[Database].add(Note(text="Milk"))
    client.post(f"/notes/{note.id}/delete")
    assert "Milk" not in client.get("/").text
"""

_PYPROJECT: Final = """\
[project]
name = "APPNAME"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["newel[jinja2,sql]"]

[project.optional-dependencies]
test = ["pytest"]

[tool.setuptools]
packages = ["APPNAME"]

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]

[tool.ruff.lint]
extend-select = ["I"]
extend-ignore = ["TC001", "TC002", "TC003"]    # annotations are read at run time: their imports stay where they are

[tool.ruff.lint.isort]
known-third-party = ["newel", "newel_data"]
"""

_README: Final = """\
# APPNAME

    newel run                     # http://127.0.0.1:8000/, starts again when a file changes
    python -m pytest              # the tests, on a database of their own
    newel routes                  # what is served, and by whom; see also: newel --help

`newel.toml` says what the application is made of. Views, models and hooks are in `APPNAME/`, pages in `templates/`,
files for browsers in `static/`.

To serve it for the world, name its hosts and keep a secret, then create the tables and start a WSGI server:

    export NEWEL_PROFILE=production
    export NEWEL_APP__HOSTS='["APPNAME.example.org"]'
    export NEWEL_APP__SECRET="$(python -c 'import secrets; print(secrets.token_urlsafe(32))')"    # once; keep it
    newel check && newel db sync
    gunicorn 'newel:App(".")'
"""

_GITIGNORE: Final = """\
__pycache__/
.newel/
.pytest_cache/
.ruff_cache/
.venv/
*.db
*.db-shm
*.db-wal
"""

FILES: Final[Mapping[str, str]] = {
    "newel.toml": _NEWEL_TOML,
    "APPNAME/__init__.py": '"""The application APPNAME."""\n',
    "APPNAME/models.py": _MODELS,
    "APPNAME/views.py": _VIEWS,
    "APPNAME/hooks.py": _HOOKS,
    "templates/layout.html.jinja": _LAYOUT,
    "templates/index.html.jinja": _INDEX,
    "static/style.css": _STYLE,
    "tests/conftest.py": _CONFTEST,
    "tests/test_views.py": _TEST_VIEWS,
    "pyproject.toml": _PYPROJECT,
    "README.md": _README,
    ".gitignore": _GITIGNORE,
}
"""Every file by its path."""
