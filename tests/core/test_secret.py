from __future__ import annotations

import copy
import pickle
import traceback

import msgspec
import pytest

from newel.secret import MASK, Secret, mask

TEXT = "correct horse battery staple"


def test_a_secret_reveals_its_text_when_asked() -> None:
    assert TEXT == Secret(TEXT).reveal()


def test_a_secret_shows_in_no_way_of_printing() -> None:
    secret = Secret(TEXT)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", "%s %r" % (secret, secret), f"{[secret]}"]  # noqa: UP031
    assert [] == [text for text in shown if "horse" in text]


def test_a_secret_shows_in_no_traceback() -> None:
    def fail(secret: Secret) -> None:
        raise RuntimeError(secret)

    with pytest.raises(RuntimeError) as caught:
        fail(Secret(TEXT))
    text = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert MASK in text
    assert "horse" not in text


def test_a_secret_has_no_attributes_to_dump() -> None:
    with pytest.raises(TypeError):
        vars(Secret(TEXT))


def test_a_secret_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret(TEXT))


def test_a_secret_is_not_encoded_as_data() -> None:
    with pytest.raises(TypeError):
        msgspec.json.encode({"secret": Secret(TEXT)})


def test_secrets_are_equal_by_their_text_and_never_to_a_text() -> None:
    assert Secret(TEXT) == Secret(TEXT)
    assert Secret(TEXT) != Secret("other")
    assert Secret(TEXT) != TEXT
    assert 1 == len({Secret(TEXT), Secret(TEXT)})


def test_copies_of_what_holds_a_secret_hold_the_same() -> None:
    held = [Secret(TEXT)]
    assert held == copy.deepcopy(held) == copy.copy(held)


def test_an_empty_secret_is_false() -> None:
    assert (False, True) == (bool(Secret("")), bool(Secret(TEXT)))


@pytest.mark.parametrize("value", [1, None, b"bytes", ["list"]])
def test_a_secret_is_made_of_text_only(value: object) -> None:
    with pytest.raises(TypeError, match="Expected `str`"):
        Secret.from_setting(value)


@pytest.mark.parametrize(
    "value, shown",
    [
        ("postgresql://scott:tiger@db/app", f"postgresql://scott:{MASK}@db/app"),
        ("postgresql://scott:ti@g/er@db/app", f"postgresql://scott:{MASK}@db/app"),
        ("redis://:tiger@localhost:6379/0", f"redis://:{MASK}@localhost:6379/0"),
        ("mongodb://scott:tiger@one,two/app?w=1", f"mongodb://scott:{MASK}@one,two/app?w=1"),
        ("host=db user=scott password=tiger", f"host=db user=scott password={MASK}"),
        ("host=db password = 'ti ger' user=x", f"host=db password = {MASK} user=x"),
        ("https://db/?api_key=tiger&x=1", f"https://db/?api_key={MASK}&x=1"),
        ("sqlite:///noticeboard.db", "sqlite:///noticeboard.db"),
        ("http://localhost:8000/path", "http://localhost:8000/path"),
        ("postgresql://scott@db/app", "postgresql://scott@db/app"),
        ({"password": "tiger", "user": "scott"}, {"password": MASK, "user": "scott"}),
        ({"db_password": "tiger", "X-Api-Key": "tiger"}, {"db_password": MASK, "X-Api-Key": MASK}),
        (["redis://:tiger@db", 1], [f"redis://:{MASK}@db", 1]),
        ({"a": ("token=tiger",)}, {"a": [f"token={MASK}"]}),
        (8080, 8080),
        (None, None),
    ],
)
def test_passwords_inside_values_are_masked(value: object, shown: object) -> None:
    assert shown == mask(value)
