"""Static files: what is served, and everything that is not (checklist E54)."""

from __future__ import annotations

from pathlib import Path

import pytest

from newel import App
from newel.testing import Client


@pytest.fixture
def client(tmp_path: Path) -> Client:
    folder = tmp_path / "static"
    (folder / "css").mkdir(parents=True)
    (folder / "css" / "style.css").write_text("body {}")
    (folder / "page.html.jinja").write_text("source")
    (folder / ".hidden").write_text("hidden")
    (folder / "umlaut-ä.txt").write_text("ä")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "inside.css").symlink_to(folder / "css" / "style.css")
    (tmp_path / "static-private").mkdir()
    (tmp_path / "static-private" / "key.txt").write_text("key")
    (tmp_path / "newel.toml").write_text('[app]\nplugins = ["static"]\n')
    return Client(App(tmp_path, profile="development"))


def test_a_file_is_served_with_its_type_and_validators(client: Client) -> None:
    response = client.get("/static/css/style.css")
    assert (response.status_code, response.text) == (200, "body {}")
    assert response.mimetype == "text/css"
    assert response.headers["ETag"]
    assert client.get("/static/css/style.css", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def test_names_outside_ascii_are_served(client: Client) -> None:
    assert client.get("/static/umlaut-ä.txt").text == "ä"


def test_a_link_that_stays_inside_is_followed(client: Client) -> None:
    assert client.get("/static/inside.css").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/css",
        "/static/css/",
        "/static/missing.css",
        "/static/.hidden",
        "/static/page.html.jinja",
        "/static/link.txt",
        "/static/../secret.txt",
        "/static/..%2fsecret.txt",
        "/static/%2e%2e/secret.txt",
        "/static/%252e%252e/secret.txt",
        "/static/css/..%5c..%5csecret.txt",
        "/static//etc/passwd",
        "/static/css/style.css%00.txt",
        "/static/../static-private/key.txt",
        "/static/" + "a" * 5000,
    ],
)
def test_nothing_else_is_served(client: Client, path: str) -> None:
    assert client.get(path, follow_redirects=True).status_code in {400, 404}


def test_a_version_in_the_url_lets_browsers_keep_the_file(client: Client) -> None:
    assert "max-age=31536000" in client.get("/static/css/style.css?v=1").headers["Cache-Control"]
    assert "max-age=31536000" not in client.get("/static/css/style.css").headers.get("Cache-Control", "")


def test_only_safe_methods_are_answered(client: Client) -> None:
    assert client.head("/static/css/style.css").status_code == 200
    assert client.post("/static/css/style.css").status_code == 405
