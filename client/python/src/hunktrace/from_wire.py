"""Turns messages of `hunktrace.v1` into results.

The fields of a result say how: each is read from the field of the same name. What a class and its message have in common is
found out once and kept, because answers have hundreds of thousands of candidates.
"""

from __future__ import annotations

import dataclasses
import operator
import types
import typing
from collections.abc import Callable
from typing import Any, TypeVar, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

T = TypeVar("T")

_Read = Callable[[Any], Any]

_readers: dict[type, _Read] = {}


def result(kind: type[T], message: Message) -> T:
    """A message as a result of this class."""
    reader = _readers.get(kind)
    if reader is None:
        reader = _readers[kind] = _reader(kind, cast(Descriptor, message.DESCRIPTOR))
    made: T = reader(message)
    return made


def _reader(kind: type, descriptor: Descriptor) -> _Read:
    hints = typing.get_type_hints(kind)
    plain: list[str] = []
    converted: list[tuple[str, _Read]] = []
    present: list[tuple[str, _Read]] = []
    for field in dataclasses.fields(kind):
        wire = descriptor.fields_by_name[field.name]
        read, may_be_absent = _field_reader(hints[field.name], wire)
        if may_be_absent:
            present.append((field.name, read or _same))
        elif read is None:
            plain.append(field.name)
        else:
            converted.append((field.name, read))
    return _object_reader(kind, plain, converted, present)


def _object_reader(
    kind: type,
    plain: list[str],
    converted: list[tuple[str, _Read]],
    present: list[tuple[str, _Read]],
) -> _Read:
    """Reads a message field by field.

    A frozen object is given its fields at once: its own constructor would check each that it is not set yet.
    """
    new, set_attribute = object.__new__, object.__setattr__
    plain_values = _getter(plain)

    def read(message: Any) -> Any:
        values = dict(zip(plain, plain_values(message), strict=True))
        for name, read_field in converted:
            values[name] = read_field(getattr(message, name))
        for name, read_field in present:
            values[name] = read_field(getattr(message, name)) if message.HasField(name) else None
        made: Any = new(kind)
        set_attribute(made, "__dict__", values)
        return made

    return read


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) >= 2:
        return operator.attrgetter(*names)
    return lambda message: tuple(getattr(message, name) for name in names)


def _field_reader(hint: Any, wire: FieldDescriptor) -> tuple[_Read | None, bool]:
    """How a field is read, and whether the message says apart whether it is there."""
    is_optional, hint = _without_none(hint)
    if typing.get_origin(hint) is tuple:
        item = _value_reader(typing.get_args(hint)[0], wire)
        return (tuple if item is None else _tuple_reader(item)), False
    read = _value_reader(hint, wire)
    if not is_optional:
        return read, False
    if wire.has_presence:
        return read, True
    if typing.get_origin(hint) is typing.Literal:
        words = _words(hint)
        return (lambda number: words.get(number) if number else None), False
    return (_text_or_none if read is _text else (lambda value: value or None)), False


def _value_reader(hint: Any, wire: FieldDescriptor) -> _Read | None:
    """How a value is read; none where it is taken as it is."""
    if dataclasses.is_dataclass(hint):
        assert isinstance(hint, type) and wire.message_type is not None
        known = _readers.get(hint)
        if known is None:
            known = _readers[hint] = _reader(hint, wire.message_type)
        return known
    if typing.get_origin(hint) is typing.Literal:
        words = _words(hint)
        unspecified = words[0]
        return lambda number: words.get(number, unspecified)
    if hint is str and wire.type == FieldDescriptor.TYPE_BYTES:
        return _text
    return None


def _words(hint: Any) -> dict[int, str]:
    """The words of an enumeration by their numbers on the wire, which leave none out."""
    return dict(enumerate(typing.get_args(hint)))


def _tuple_reader(read: _Read) -> _Read:
    return lambda items: tuple(map(read, items))


def _without_none(hint: Any) -> tuple[bool, Any]:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        others = [member for member in typing.get_args(hint) if member is not type(None)]
        return True, others[0]
    return False, hint


def _same(value: Any) -> Any:
    return value


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _text_or_none(value: bytes) -> str | None:
    return value.decode("utf-8", "replace") or None
