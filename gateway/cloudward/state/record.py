"""Records: the immutable rows of tables."""

from typing import Any, Self, dataclass_transform

import msgspec


class _RecordMeta(msgspec.StructMeta):
    """Makes the fields of every record class keyword-only; msgspec's own option does not reach subclasses."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> "_RecordMeta":
        options.setdefault("kw_only", True)
        return super().__new__(mcs, name, bases, namespace, **options)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Record(msgspec.Struct, metaclass=_RecordMeta, frozen=True, gc=False):
    """An immutable row of a table.

    Subclasses declare typed fields; every field is given by keyword.  Field types are what msgspec encodes as JSON:
    `str`, `int`, `float`, `bool`, `bytes`, `datetime`, enums, tuples, frozensets, dicts, other records, and unions with
    None.  Use tuples rather than lists, and put a new dict into a new record instead of changing one in place: records
    are shared between transactions.

    A field added later needs a default, then records stored before it can be read; other changes take a migration
    (see `table`).
    """

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed.

        Args:
            changes: new values by field name.

        Raises:
            TypeError: the record has no such field.
        """
        return msgspec.structs.replace(self, **changes)
