"""The renderer that is always there: JSON (RFC 8259)."""

from __future__ import annotations

from typing import Any, Final, final

import msgspec
from markupsafe import Markup

from newel.contracts.renderer import public_part


@final
class JsonRenderer:
    """Renders data as JSON: what msgspec knows (dict, list, dataclass, struct, date, Decimal as text, UUID, enum, …),
    objects that say what of them is public, and pydantic models.
    """

    content_type: Final = "application/json"

    def __init__(self) -> None:
        self.render: Final = msgspec.json.Encoder(enc_hook=_encodable).encode


def _encodable(value: Any) -> Any:
    if isinstance(value, Markup):
        return str(value)
    if (dump := getattr(value, "model_dump", None)) is not None:
        return dump(mode="json")
    return public_part(value)
