from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel.uploads import UploadedFile, safe_name


@pytest.mark.parametrize(
    "sent, expected",
    [
        ("report.pdf", "report.pdf"),
        ("Übersicht 東京.pdf", "Übersicht 東京.pdf"),
        ("C:\\Users\\me\\report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        (".htaccess", "htaccess"),
        ("..", "file"),
        ("", "file"),
        ("a/", "file"),
        ("a\0b\r\n\x1b.txt", "ab.txt"),
        ("cod\u202efdp.exe", "codfdp.exe"),
        ("a.txt. . ", "a.txt"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("nul", "_nul"),
        ("CON.txt", "_CON.txt"),
        ("com1 .tar.gz", "_com1 .tar.gz"),
        ("LPT².log", "_LPT².log"),
        ("console.log", "console.log"),
    ],
)
def test_a_clients_name_is_made_safe(sent: str, expected: str) -> None:
    assert safe_name(sent) == expected


def test_a_long_name_keeps_its_suffix() -> None:
    name = safe_name("ä" * 300 + ".jpeg")
    assert name.endswith("ä.jpeg")
    assert len(name.encode()) <= 255


@given(st.text(max_size=300))
def test_a_safe_name_is_one_name_in_one_folder(sent: str) -> None:
    name = safe_name(sent)
    assert Path(name).name == name
    assert not set(name) & set('/\\\0\r\n<>:"|?*')
    assert not name.startswith(".")
    assert 0 < len(name.encode()) <= 255
    assert name == safe_name(name)


def upload(raw_name: str = "../photo.PNG") -> UploadedFile:
    return UploadedFile(BytesIO(b"content"), raw_name, "image/png", 7)


def test_an_upload_says_what_was_claimed_and_what_is_safe() -> None:
    file = upload()
    assert (file.raw_name, file.name, file.suffix, file.content_type, file.size) == (
        "../photo.PNG", "photo.PNG", ".png", "image/png", 7,
    )  # fmt: skip
    assert (file.read(3), file.read()) == (b"con", b"tent")


def test_a_suffix_is_letters_and_digits() -> None:
    assert [upload(name).suffix for name in ("a", "a.p-g", "a." + "x" * 20, "a.tar.gz")] == ["", "", "", ".gz"]


def test_it_is_saved_whole_and_overwrites_nothing(tmp_path: Path) -> None:
    file = upload()
    file.read(3)
    path = file.save(tmp_path / "kept")
    assert path.read_bytes() == b"content"
    with pytest.raises(FileExistsError):
        file.save(path)
    path.write_bytes(b"")
    file.save(path, overwrite=True)
    assert path.read_bytes() == b"content"


def test_a_stored_name_is_generated(tmp_path: Path) -> None:
    first, second = upload().save_in(tmp_path), upload().save_in(tmp_path)
    assert first != second
    assert (first.parent, first.suffix, len(first.stem)) == (tmp_path, ".png", 32)
    assert second.read_bytes() == b"content"


def test_closing_lets_go_of_the_file() -> None:
    file = upload()
    file.close()
    assert file.stream.closed
