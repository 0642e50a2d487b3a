"""Every validator passes the kit: msgspec's over dataclasses, and over structs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from newel.contracts.validator import Validator
from newel.testing.validator_kit import NO_DEFAULT, Field, ValidatorKit
from newel_essentials.validation import MsgspecValidator


def annotation_of(field: Field) -> Any:
    return Annotated[field.type, msgspec.Meta(**field.bounds)] if field.bounds else field.type


class TestDataclasses(ValidatorKit):
    def make_validator(self) -> Validator:
        return MsgspecValidator()

    def make_kind(self, name: str, fields: Sequence[Field]) -> Any:
        return dataclasses.make_dataclass(
            name, [(field.name, annotation_of(field), self.default_of(field)) for field in fields], kw_only=True
        )

    def default_of(self, field: Field) -> Any:
        if field.default is NO_DEFAULT:
            return dataclasses.field()
        if field.default == []:
            return dataclasses.field(default_factory=list)
        return dataclasses.field(default=field.default)


class TestStructs(ValidatorKit):
    def make_validator(self) -> Validator:
        return MsgspecValidator()

    def make_kind(self, name: str, fields: Sequence[Field]) -> Any:
        return msgspec.defstruct(name, [self.declared(field) for field in fields], kw_only=True)

    def declared(self, field: Field) -> tuple[str, Any, Any]:
        default = msgspec.NODEFAULT if field.default is NO_DEFAULT else field.default
        return field.name, annotation_of(field), msgspec.field(default=default)


class TestStrictStructs(TestStructs):
    """Structs that refuse undeclared keys by themselves need no second look at a document."""

    def make_kind(self, name: str, fields: Sequence[Field]) -> Any:
        declared = [self.declared(field) for field in fields]
        return msgspec.defstruct(name, declared, kw_only=True, forbid_unknown_fields=True)
