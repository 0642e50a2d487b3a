from __future__ import annotations

import zoneinfo

import pytest

from newel.timezones import find
from newel.values import SettingError


def test_a_zone_is_found_by_its_name() -> None:
    assert zoneinfo.ZoneInfo("Europe/Berlin") == find("Europe/Berlin")


@pytest.mark.parametrize("name", ["Europe/Berlni", "Europe", "", "../etc/passwd", "/etc/passwd", "UTC\0"])
def test_what_is_no_zone_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(SettingError) as caught:
        find(name)
    assert name == caught.value.found
    assert "Europe/Berlin" in caught.value.allowed


def test_a_system_without_zones_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoneinfo, "available_timezones", set)
    with pytest.raises(SettingError) as caught:
        find("Europe/Nowhere")
    assert "pip install tzdata" in caught.value.remedy
