from __future__ import annotations

from typing import Any

import pytest

from newel.values import SettingError
from newel_mongo import MongoUrl


@pytest.mark.parametrize(
    "text",
    [
        "mongodb://127.0.0.1/board",
        "mongodb://ada:s3cret@one:27017,two:27018/board?replicaSet=rs0",
        "mongodb+srv://cluster.example.org/board",
    ],
)
def test_a_url_names_a_database(text: str) -> None:
    assert MongoUrl.from_setting(text).database == "board"


@pytest.mark.parametrize(
    "text", ["sqlite:///board.db", "mongodb://127.0.0.1", "mongodb://127.0.0.1/", "mongodb://:x/board", "board", ""]
)
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(SettingError):
        MongoUrl.from_setting(text)


@pytest.mark.parametrize("value", [None, 1, ["mongodb://127.0.0.1/board"]])
def test_what_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        MongoUrl.from_setting(value)


@pytest.mark.parametrize(
    "text, shown",
    [
        ("mongodb://one,two/board?replicaSet=rs0", "mongodb://one,two/board?replicaSet=rs0"),
        ("mongodb://ada:s3cret@one,two/board", "mongodb://ada:********@one,two/board"),
        ("mongodb+srv://ada:s3@cret@one/board", "mongodb+srv://ada:********@one/board"),
        (
            "mongodb://one/board?tls=true&tlsCertificateKeyFilePassword=s3cret&appName=x",
            "mongodb://one/board?tls=true&tlsCertificateKeyFilePassword=********&appName=x",
        ),
        (
            "mongodb://ada@one/board?authmechanismproperties=AWS_SESSION_TOKEN:s3cret&authMechanism=MONGODB-AWS",
            "mongodb://ada@one/board?authmechanismproperties=********&authMechanism=MONGODB-AWS",
        ),
    ],
)
def test_a_url_never_shows_a_password(text: str, shown: str) -> None:
    url = MongoUrl.from_setting(text)
    assert (str(url), repr(url)) == (shown, f"MongoUrl({shown!r})")
    assert url.is_secret == ("s3" in text)


def test_a_url_that_cannot_be_read_does_not_show_its_password() -> None:
    with pytest.raises(SettingError) as caught:
        MongoUrl.from_setting("mongodb://ada:s3/cret@one/board")
    assert "cret" not in str(caught.value)
