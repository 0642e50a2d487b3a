"""What `newel config` shows: each value, where it comes from and what it covers, as data. Secrets are masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, final

import msgspec

from newel.config import Configuration
from newel.errors import Place, place_of
from newel.secret import MASK, mask
from newel.sources import Setting
from newel.toml import text_of
from newel.values import Field, Several, fields_of, from_text, is_secret

DEFAULT: Final = "the default"
SLOTS: Final = "use"
"""The section whose keys are slots; it has no class."""

MASKED: Final = text_of(MASK)


@final
class Origin(msgspec.Struct, frozen=True):
    """One value as it may be shown, its place, and the places of the values it covers, latest first.

    `value` is written as in TOML; None stands for a key that is not set and has no default.
    """

    section: str
    key: str
    value: str | None
    place: Place
    overrides: tuple[Place, ...] = ()


def origins(configuration: Configuration, classes: Mapping[str, type[Any] | None]) -> Iterator[Origin]:
    """Yield every value with its origin: what is set, and what the classes of the sections have as defaults.

    SECURITY: what no class describes (the section of a plugin that is not chosen, a misspelt key) is masked whole,
    for nobody says which of it is secret.
    """
    for section in dict.fromkeys([*classes, *configuration.sections()]):
        cls = classes.get(section)
        declared = {field.key: field for field in fields_of(cls)} if cls is not None else {}
        settings = configuration.section(section)
        for key, setting in settings.items():
            kind = Several[str] if section == SLOTS else declared[key].kind if key in declared else None
            yield Origin(section, key, _set(setting, kind), setting.place, setting.overrides)
        for key, field in declared.items():
            if key not in settings:
                yield Origin(section, key, _default(field), _default_place(cls))


def _set(setting: Setting, kind: Any) -> str:
    if kind is None or is_secret(kind):
        return MASKED
    return text_of(mask(from_text(setting.value, kind) if setting.is_text else setting.value))


def _default(field: Field) -> str | None:
    if field.default is None or (is_secret(field.kind) and not field.default):
        return None
    return MASKED if is_secret(field.kind) else text_of(mask(field.default))


def _default_place(cls: Any) -> Place:
    place = place_of(cls)
    return Place(place.file, place.line, text=DEFAULT)
