"""A model as it was declared: read once from the class, in two steps.

When the class is made, the names and options of its fields are taken, which needs no annotation to be evaluated. At
first use, or when a closed set of models is made, annotations are *resolved*: fields get their types, columns and
indexes, and everything that is wrong becomes a `Problem`. A model is resolved once, whatever backends use it.
"""

from __future__ import annotations

import inspect
import sys
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, final

import msgspec

from newel.errors import BootError, Place, Problem, nearest, place_of
from newel_data.columns import Column
from newel_data.errors import DataError
from newel_data.fields import NO_DEFAULT, Field, Ref
from newel_data.kinds import MAX_FOREIGN, Hint, foreign_name, good_name, read_hint, snake_case, type_of
from newel_data.limits import port_limits
from newel_data.objects import Mapper, Tracked
from newel_data.references import ReferenceColumn
from newel_data.schema import Reference, Role, StoredField, Type
from newel_data.tree import Target
from newel_data.values import Rules

Declared = Field[Any] | Ref[Any]


@final
class IndexWish(msgspec.Struct, frozen=True):
    """An index that the class asks for, by the names of its fields."""

    names: tuple[str, ...]
    unique: bool


@final
class Declaration:
    """What one class declares. `fields` are in the order of a row: the key first."""

    def __init__(
        self,
        model: type[Tracked],
        *,
        table: str | None,
        unique: Sequence[Sequence[str]],
        index: Sequence[Sequence[str]],
        public: Sequence[str],
        abstract: bool,
        existing: bool,
    ) -> None:
        self.model: Final = model
        self.abstract: Final = abstract
        self.existing: Final = existing
        self.given_table: Final = table
        self.table: Final = table or snake_case(model.__name__)
        self.public: Final = tuple(public)
        self.place: Final = place_of(model)
        self.problems: Final[list[Problem]] = []
        self.hints: Final[dict[str, tuple[Any, type]]] = {}
        self.fields: Final = self._collected()
        self.wishes: Final = self._wishes(unique, index)
        self.stored: tuple[StoredField, ...] = ()
        self.folded: Final[dict[str, StoredField]] = {}
        self.rules: Final[dict[str, Rules]] = {}
        self.columns: Final[dict[str, Any]] = {}
        self.targets: Final[dict[StoredField, Target]] = {}
        self._mapper: Mapper | None = None
        self._resolved = False

    # --- when the class is made

    def _collected(self) -> dict[str, Declared]:
        """Take the fields of abstract bases (each class gets descriptors of its own) and those of the class itself."""
        found: dict[str, Declared] = {}
        for base in reversed(self.model.__mro__[1:]):
            if isinstance(inherited := base.__dict__.get("__declaration__"), Declaration):
                self._inherit(inherited, found)
        for name, hint in annotations_of(self.model).items():
            if not name.startswith("_") and not _is_class_variable(hint):
                self.hints[name] = (hint, self.model)
                found[name] = self._descriptor(name, hint)
        self._complain_of_bare(found)
        return {name: found[name] for name in sorted(found, key=lambda name: name != "id")}

    def _inherit(self, base: Declaration, found: dict[str, Declared]) -> None:
        if not base.abstract:
            self._complain(
                "",
                f"inherits from the model {base.model.__name__}, and how rows of both are stored differs everywhere.",
                "share fields by a base with abstract=True, and refer to the other model with Ref.",
            )
        for name, declared in base.fields.items():
            self.hints[name] = base.hints[name]
            if name not in self.model.__dict__:
                self._install(name, type(declared)(declared.options))
            if isinstance(own := self.model.__dict__[name], (Field, Ref)):
                found[name] = own
            else:
                self._complain(name, f"has the value {own!r}.", f"annotate it, and write field(default={own!r}).")

    def _descriptor(self, name: str, hint: Any) -> Declared:
        declared = self.model.__dict__.get(name)
        if isinstance(declared, (Field, Ref)):
            return declared
        if declared is not None:
            self._complain(name, f"has the value {declared!r}.", f"write field(default={declared!r}).")
        bare: Declared = Ref[Any]() if "Ref[" in str(hint) else Field[Any]()
        self._install(name, bare)
        return bare

    def _install(self, name: str, declared: Declared) -> None:
        setattr(self.model, name, declared)
        declared.__set_name__(self.model, name)

    def _complain_of_bare(self, found: Mapping[str, Declared]) -> None:
        for name, value in self.model.__dict__.items():
            if isinstance(value, (Field, Ref)) and name not in found:
                self._complain(name, "has no annotation.", f"annotate it: {name}: Field[...] = field(...).")

    def _wishes(self, unique: Sequence[Sequence[str]], index: Sequence[Sequence[str]]) -> tuple[IndexWish, ...]:
        own = [
            IndexWish((name,), declared.options.unique)
            for name, declared in self.fields.items()
            if declared.options.unique or declared.options.index
        ]
        together = [IndexWish(_names(names), unique=True) for names in unique]
        return tuple(dict.fromkeys([*own, *together, *(IndexWish(_names(names), unique=False) for names in index)]))

    def construct(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the values of a new object. Raises `TypeError` for what is missing, unknown or not to be given."""
        if self.abstract:
            raise TypeError(f"{self.model.__name__} is a base of models, not a model: objects are made of those")
        made: dict[str, Any] = {}
        for name, declared in self.fields.items():
            options = declared.options
            if name in values and options.role != "version":
                made[name] = values.pop(name)
            elif options.default_factory is not None:
                made[name] = options.default_factory()
            elif options.default is not NO_DEFAULT:
                made[name] = options.default
            else:
                self._refuse_unknown(values.keys() - self.fields)  # a misspelt name is why one is missing
                raise TypeError(f"{self.model.__name__}() needs {name!r}")
        self._refuse_unknown(values)
        return made

    def _refuse_unknown(self, names: Iterable[str]) -> None:
        name = min(names, default=None)
        if name is None:
            return
        if name in self.fields:
            raise TypeError(f"{self.model.__name__}(): {name!r} is counted by Newel and not given")
        near = nearest(name, self.fields)
        hint = f"; did you mean {near!r}?" if near else ""
        raise TypeError(f"{self.model.__name__}() has no field {name!r}{hint}")

    # --- when it is used

    @property
    def mapper(self) -> Mapper:
        """How objects become rows and back."""
        if self._mapper is None:
            self.require()
            self._mapper = Mapper(self.model, self.stored, self.rules)
        return self._mapper

    def only_id(self, key: str) -> Tracked:
        """Return an object that holds nothing but its id: what a reference is that was not included."""
        obj = self.model.__new__(self.model)
        obj.__dict__ = {"id": key}
        obj._row = obj._unit = None
        return obj

    def column(self, name: str, via: ReferenceColumn | None = None) -> Any:
        """Return the column of a field, or of this field one step behind a reference of another model."""
        self.require()
        if via is None:
            return self.columns[name]
        if name not in self.columns:
            near = nearest(name, self.columns)
            hint = f"; did you mean {near!r}?" if near else ""
            raise AttributeError(f"{via!r}: {self.model.__name__} has no field {name!r}{hint}", name=name)
        found, folded = self.columns[name], self.folded.get(name)
        field = found.stored if isinstance(found, ReferenceColumn) else found.field
        behind = Target(folded, via.stored) if folded is not None else None
        column = Column[Any](via.model, self.rules[name], Target(field, via.stored), behind)
        return ReferenceColumn(column, found.target) if isinstance(found, ReferenceColumn) else column

    def require(self) -> None:
        """Resolve the model, and raise what is wrong with it: it is used."""
        self.resolve()
        if self.problems:
            raise BootError(self.problems)

    def resolve(self, names: Mapping[str, Any] | None = None) -> None:
        """Evaluate the annotations, where `names` are known beside those of the module; once."""
        if self._resolved:
            return
        self._resolved = True
        stored: list[StoredField] = []
        for name, declared in self.fields.items():
            hint = self._evaluated(name, names or {})
            if hint is not None:
                stored += (
                    self._reference(name, declared, hint)
                    if isinstance(declared, Ref)
                    else self._field(name, declared, hint)
                )
        self.stored = tuple(stored)
        self._check_names()

    def _evaluated(self, name: str, names: Mapping[str, Any]) -> Hint | None:
        """Return what the annotation of a field says, or None after complaining."""
        text, owner = self.hints[name]
        module = sys.modules.get(owner.__module__)
        holder = types.SimpleNamespace(__annotations__={name: text})
        try:
            found = typing.get_type_hints(holder, {**names, **vars(module)} if module else dict(names))[name]
        except NameError as error:
            self._complain(
                name,
                f"is annotated {text!r}, and {error.name!r} is not known where the models are resolved.",
                "import it (not under TYPE_CHECKING), or list the model that it names in [data] models.",
            )
            return None
        declared = self.fields[name]
        if typing.get_origin(found) is not (Ref if isinstance(declared, Ref) else Field):
            kind = "Ref" if isinstance(declared, Ref) else "Field"
            self._complain(name, f"is annotated {text!r}, not {kind}[...].", f"write {name}: {kind}[...].")
            return None
        return read_hint(typing.get_args(found)[0])

    def _field(self, name: str, declared: Field[Any], hint: Hint) -> list[StoredField]:
        options = declared.options
        type_ = type_of(hint, options, complain := partial(self._complain, name))
        if type_ is None:
            return []
        self._check_role(name, declared, hint, type_)
        normalize = options.normalize and hint.enum is None
        type_ = port_limits(Rules(self.model.__name__, name, type_, normalize=normalize), complain)
        field = StoredField(
            name=name, column=options.column or name, type=type_, nullable=hint.nullable, role=_role(declared)
        )
        rules = self.rules[name] = Rules(self.model.__name__, name, type_, enum=hint.enum, normalize=normalize)
        self._check_default(name, declared, hint, rules)
        folded = self._companion(field) if options.case_insensitive and type_.kind == "str" else None
        column = Column[Any](
            self.model, rules, self._target(field), self._target(folded) if folded is not None else None
        )
        self.columns[name] = declared.column = column
        return [field] if folded is None else [field, folded]

    def _target(self, field: StoredField) -> Target:
        """Make the one target of a field: the shapes of conditions compare it by identity."""
        target = self.targets[field] = Target(field)
        return target

    def _companion(self, field: StoredField) -> StoredField:
        """The folded companion of a case-insensitive field: NFC of a casefold may be three times as long."""
        length = None if field.type.max_length is None else 3 * field.type.max_length
        folded = self.folded[field.name] = StoredField(
            name=field.name,
            column=f"{field.column}_folded",
            type=Type(kind="str", max_length=length),
            nullable=field.nullable,
            role="folded",
        )
        return folded

    def _reference(self, name: str, declared: Ref[Any], hint: Hint) -> list[StoredField]:
        target, options = hint.base, declared.options
        if not _is_model(target):
            self._complain(name, f"refers to {target!r}, which is no model.", "name a model: Ref[Author].")
            return []
        if options.on_delete == "set_null" and not hint.nullable:
            self._complain(name, "is set to None on delete, and None is none of its values.", "write Ref[... | None].")
        key = target.__declaration__.fields["id"].options
        type_ = Type(kind="str", max_length=key.max_length)
        stored = StoredField(
            name=name,
            column=options.column or f"{name}_id",
            type=type_,
            nullable=hint.nullable,
            role="reference",
            reference=Reference(target, options.on_delete, options.check),
        )
        rules = self.rules[name] = Rules(self.model.__name__, name, type_, normalize=key.normalize)
        own = Column[str | None](self.model, rules, self._target(stored))
        self.columns[name] = declared.column = ReferenceColumn(own, target)
        declared.load = target.__declaration__.only_id
        return [stored]

    # --- checking

    def _check_role(self, name: str, declared: Field[Any], hint: Hint, type_: Type) -> None:
        role = declared.options.role
        if role == "key" and name != "id":
            self._complain(
                name,
                "is declared as key(); composite keys, and keys of other names, are not portable.",
                "declare the natural key as id: Field[str] = key(...), and other sets with unique=[(...)].",
            )
        if name == "id" and (role != "key" or type_.kind != "str" or hint.nullable or hint.enum is not None):
            self._complain(
                name,
                "is not a text made before the row is stored; counters (autoincrement) are not portable.",
                "leave out id, or declare a natural key: id: Field[str] = key(max_length=...).",
            )
        if role == "version" and (type_.kind != "int" or hint.nullable):
            self._complain(name, "is no counter.", f"write {name}: Field[int] = version().")

    def _check_default(self, name: str, declared: Field[Any], hint: Hint, rules: Rules) -> None:
        default = declared.options.default
        if default is NO_DEFAULT or declared.options.role == "version":
            return
        if isinstance(default, (list, dict)):
            self._complain(name, "has a default that all objects would share.", "write default_factory=list.")
        elif default is None:
            if not hint.nullable and rules.type.kind != "json":
                self._complain(name, "has the default None, and None is none of its values.", "write ... | None.")
        else:
            try:
                rules.stored(default)
            except DataError as error:
                self._complain(name, f"has a default that it refuses: {error}.", "correct the default or the field.")

    def _check_names(self) -> None:
        columns: dict[str, str] = {}
        for field in self.stored:
            given = self.fields[field.name].options.column
            if given is not None and not foreign_name(field.column):
                self._complain(field.name, _BAD_GIVEN.format(name=given), "give another column=.")
            elif not good_name(field.name) or (given is None and not good_name(field.column)):
                self._complain(field.name, _BAD_NAME.format(name=field.column), "rename it, or give column=.")
            if (other := columns.setdefault(field.column.lower(), field.name)) != field.name:
                what = f"is stored as {field.column!r}, and so is {other} (capitals make no difference everywhere)."
                self._complain(field.name, what, "give one of them another column=.")
        if len([field for field in self.stored if field.role == "version"]) > 1:
            self._complain("", "has two versions.", "keep one version().")
        for name in self.public:
            if name not in self.fields:
                self._complain("", f"lists {name!r} as public, which is no field.", "correct it.", name, self.fields)

    def _complain(self, name: str, what: str, remedy: str, found: str = "", allowed: Iterable[str] = ()) -> None:
        subject = f"{self.model.__name__}.{name}" if name else self.model.__name__
        self.problems.append(
            Problem(
                what=f"{subject} {what}", remedy=remedy, found=found, allowed=tuple(allowed), places=(self._at(name),)
            )
        )

    def _at(self, name: str) -> Place:
        return self.place


_BAD_NAME: Final = (
    "is stored as {name!r}, which is no name everywhere: lower-case letters, digits and single underscores, "
    "beginning with a letter, 48 at most."
)

_BAD_GIVEN: Final = (
    "is stored as {name!r}, which is no name everywhere: ASCII letters, digits, underscores, single spaces "
    f"and hyphens, beginning with a letter; {MAX_FOREIGN} at most."
)


def annotations_of(cls: type) -> dict[str, Any]:
    """Return the annotations written in a class itself, unevaluated where Python has not evaluated them."""
    if sys.version_info >= (3, 14):
        import annotationlib  # noqa: PLC0415  (there since Python 3.14)

        return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    return inspect.get_annotations(cls)


def _is_class_variable(hint: Any) -> bool:
    return "ClassVar" in str(hint)


def _names(names: Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _role(declared: Declared) -> Role:
    return declared.options.role


def _is_model(thing: Any) -> bool:
    declaration = getattr(thing, "__declaration__", None)
    return isinstance(declaration, Declaration) and not declaration.abstract
