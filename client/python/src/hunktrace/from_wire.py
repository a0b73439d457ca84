"""Turns messages of `hunktrace.v1` into results.

The fields of a result say how: each is read from the field of the same name, or of the one that its metadata names as `wire`. What a class and its message have in common is
found out once and kept, because answers have hundreds of thousands of candidates.

A result holds its message until one of its fields is asked for, and is read then: most of a large answer nobody looks at.
"""

from __future__ import annotations

import dataclasses
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
    """Makes results that read their messages when they are asked for a field: those fields that a message has; the others have
    values that all results share.

    A frozen object is given its fields at once: its own constructor would check each that it is not set yet.
    """
    hints = typing.get_type_hints(kind)
    empty: dict[str, Any] = {}
    readers: dict[FieldDescriptor, tuple[str, _Read | None]] = {}
    for field in dataclasses.fields(kind):
        wire = descriptor.fields_by_name[field.metadata.get("wire", field.name)]
        readers[wire], empty[field.name] = (
            (field.name, _value_reader(hints[field.name], wire)),
            _empty(hints[field.name], wire),
        )
    new, set_attribute, known = object.__new__, object.__setattr__, readers.get

    def values_of(message: Any) -> dict[str, Any]:
        values = empty.copy()
        for wire, value in message.ListFields():
            field = known(wire)
            if field is not None:
                name, read_value = field
                values[name] = value if read_value is None else read_value(value)
        return values

    _read_when_asked(kind, values_of)

    def read(message: Any) -> Any:
        made: Any = new(kind)
        set_attribute(made, "__dict__", {_UNREAD: message})
        return made

    return read


_UNREAD = "_unread_message"
"""Where a result has its message until it is read."""


def _read_when_asked(kind: type, values_of: Callable[[Any], dict[str, Any]]) -> None:
    """Has the results of a class read their messages when a field is not there yet, or all of them are."""

    def read_now(made: Any) -> dict[str, Any]:
        values: dict[str, Any] = made.__dict__
        message = values.get(_UNREAD)
        if message is not None:
            # Threads may do so at once: all of them read the same, and the message goes last.
            values.update(values_of(message))
            values.pop(_UNREAD, None)
        return values

    def get(made: Any, name: str) -> Any:
        try:
            return read_now(made)[name]
        except KeyError:
            raise AttributeError(f"{kind.__name__!r} object has no attribute {name!r}", name=name, obj=made) from None

    # What Python asks for where an object has no such attribute, and where it is copied or sent elsewhere.
    for name, function in (("__getattr__", get), ("__getstate__", lambda made: read_now(made).copy())):
        setattr(kind, name, function)


def _empty(hint: Any, wire: FieldDescriptor) -> Any:
    """What a field has that a message leaves out: no value, the first word, or a message without fields."""
    is_optional, hint = _without_none(hint)
    if typing.get_origin(hint) is tuple:
        return ()
    if is_optional:
        return None
    if wire.message_type is not None:
        return _reader(hint, wire.message_type)(_NoFields)
    if typing.get_origin(hint) is typing.Literal:
        return typing.get_args(hint)[0]
    return hint()


class _NoFields:
    """A message without fields."""

    @staticmethod
    def ListFields() -> list[Any]:  # noqa: N802
        """As messages have it."""
        return []


def _value_reader(hint: Any, wire: FieldDescriptor) -> _Read | None:
    """How a value is read; none where it is taken as it is."""
    _, hint = _without_none(hint)
    if typing.get_origin(hint) is tuple:
        item = _value_reader(typing.get_args(hint)[0], wire)
        return tuple if item is None else lambda items: tuple(map(item, items))
    if wire.message_type is not None:
        known = _readers.get(hint)
        if known is None:
            known = _readers[hint] = _reader(hint, wire.message_type)
        return known
    if typing.get_origin(hint) is typing.Literal:
        # The numbers of an enumeration leave none out; those of later versions are unspecified.
        words = dict(enumerate(typing.get_args(hint)))
        return lambda number: words.get(number, words[0])
    if hint is str and wire.type == FieldDescriptor.TYPE_BYTES:
        return lambda value: value.decode("utf-8", "replace")
    return None


def _without_none(hint: Any) -> tuple[bool, Any]:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        others = [member for member in typing.get_args(hint) if member is not type(None)]
        return True, others[0]
    return False, hint
