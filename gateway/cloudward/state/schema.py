"""Declares state: state classes with their tables, single records and indexes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Self, TypeAlias, TypeVar, overload

from cloudward.scope import Per, Scope
from cloudward.state.record import Record

if TYPE_CHECKING:
    from cloudward.state.single_view import SingleView
    from cloudward.state.transaction import Transaction
    from cloudward.state.view import TableView

R = TypeVar("R", bound=Record)

Key: TypeAlias = str | int | tuple[str | int, ...]
"""A record's key: the key field's value, or a tuple of them."""

Migration: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns a stored record's fields from one version into the next one's."""

KEY: Final = ""
"""Name of the index that a unique table key amounts to."""


def fold(value: Any) -> Any:
    """Return a key or index value with its text in lower case.

    Args:
        value: text, a tuple with text in it, or anything else, which is returned as it is.
    """
    if isinstance(value, str):
        lower = value.lower()
        return value if lower == value else lower  # keep one string in memory, not two
    if isinstance(value, tuple):
        return tuple(part.lower() if isinstance(part, str) else part for part in value)
    return value


class Index:
    """A secondary index of a table; made by `index`."""

    __slots__ = ("fold_case", "multi", "name", "read", "unique_in")

    def __init__(
        self, name: str, read: Callable[[Any], Any], *, fold_case: bool, multi: bool, unique_in: Per | None
    ) -> None:
        self.name = name
        self.read = read
        self.fold_case = fold_case
        self.multi = multi
        self.unique_in = unique_in

    def values(self, record: Record) -> tuple[Any, ...]:
        """Return the values under which the index lists a record: none, one, or many.

        Args:
            record: the record.
        """
        value = self.read(record)
        if value is None:
            return ()
        values = tuple(dict.fromkeys(value)) if self.multi else (value,)
        return tuple(map(fold, values)) if self.fold_case else values

    def lookup(self, value: Any) -> Any:
        """Return a value as the index keeps it.

        Args:
            value: what a caller looks for.
        """
        return fold(value) if self.fold_case else value


def index(
    name: str,
    *,
    key: Callable[[Any], Any] | None = None,
    fold_case: bool = False,
    multi: bool = False,
    unique_in: Per | None = None,
) -> Index:
    """Declare an index.  A record whose value is None is not in it.

    Args:
        name: the record's field, or any name if `key` is given.
        key: computes the value from the record.
        fold_case: whether text is compared without regard to case.
        multi: whether the value is a tuple (or another iterable) and the record is listed under each of its parts.
        unique_in: no two records of this much of the cloud may share a value: `Per.PARTITION` spans all accounts.
    """
    return Index(name, key or attrgetter(name), fold_case=fold_case, multi=multi, unique_in=unique_in)


class Reference:
    """Says that fields of a table's records name a record of another table; made by `reference`."""

    __slots__ = ("fields", "targets", "unless")

    def __init__(
        self, fields: tuple[str, ...], targets: tuple[tuple[str, str], ...], unless: Callable[[Any], bool] | None
    ) -> None:
        self.fields = fields
        self.targets = targets
        self.unless = unless

    def value(self, record: Record) -> Any:
        """Return what a record refers to, None if it refers to nothing.

        Args:
            record: the record.
        """
        values = tuple(getattr(record, field) for field in self.fields)
        if None in values or (self.unless is not None and self.unless(record)):
            return None
        return values[0] if len(values) == 1 else values


def reference(fields: str | tuple[str, ...], *targets: str, unless: Callable[[Any], bool] | None = None) -> Reference:
    """Declare that records refer to records of another table in the same state.  Imports are checked against it.

    Args:
        fields: the field, or fields, that name the other record; None in one of them refers to nothing.
        targets: the other table's name (`users`) if its key is meant, with an index (`users.user_id`) if a unique
            value is; of several, one must have the record.
        unless: tells of a record that it refers to nothing.
    """
    split = tuple((name, found) for name, _, found in (target.partition(".") for target in targets))
    return Reference((fields,) if isinstance(fields, str) else fields, split, unless)


class Table(Generic[R]):
    """A table of a state class; made by `table`.

    On the class it is itself, for `Transaction.across`; on a state bound to a transaction it is a `TableView`.
    """

    def __init__(
        self,
        record: type[R],
        *,
        key: tuple[str, ...],
        fold_case: bool,
        unique_in: Per | None,
        indexes: tuple[Index, ...],
        references: tuple[Reference, ...],
        version: int,
        migrations: Mapping[int, Migration],
        check: Callable[[R], str | None] | None = None,
        is_single: bool = False,
    ) -> None:
        self.record = record
        self.key_fields = key
        self.fold_case = fold_case
        self.unique_in = unique_in
        self.references = references
        self.version = version
        self.migrations = migrations
        self.check = check
        self.is_single = is_single
        self.name = ""
        self.owner: type[State] = State
        self.indexes: dict[str, Index] = {declared.name: declared for declared in indexes}
        if len(self.indexes) != len(indexes):
            raise TypeError("two indexes of a table have the same name")
        self.listed = tuple(declared for declared in indexes if declared.unique_in is None)
        self.uniques = tuple(declared for declared in indexes if declared.unique_in is not None)
        if unique_in is not None:
            whole = Index(KEY, self.key_of, fold_case=fold_case, multi=False, unique_in=unique_in)
            self.uniques = (whole, *self.uniques)
        self._read_key: Callable[[Any], Any] = attrgetter(*key) if key else _no_key
        self.fold: Callable[[Any], Any] = fold if fold_case else _same
        self._check()

    def _check(self) -> None:
        fields = set(self.record.__struct_fields__)
        named = [*self.key_fields]
        named += [d.name for d in self.indexes.values() if isinstance(d.read, attrgetter)]
        named += [field for reference in self.references for field in reference.fields]
        unknown = [field for field in named if field not in fields]
        if unknown:
            raise TypeError(f"{self.record.__name__} has no field {', '.join(unknown)}")
        missing = [version for version in range(1, self.version) if version not in self.migrations]
        if missing:
            raise TypeError(f"{self.record.__name__}: no migration from version {missing[0]}")

    def __set_name__(self, owner: type[State], name: str) -> None:
        self.name = name
        self.owner = owner

    def __repr__(self) -> str:
        return f"<table {self.owner.__name__}.{self.name} of {self.record.__name__}>"

    @overload
    def __get__(self, instance: None, owner: type[State]) -> Self: ...
    @overload
    def __get__(self, instance: State, owner: type[State]) -> TableView[R]: ...
    def __get__(self, instance: State | None, owner: type[State]) -> Self | TableView[R]:
        if instance is None:
            return self
        view = instance.transaction.view(self, instance.scope)
        instance.__dict__[self.name] = view  # found there from now on, without this method
        return view

    def key_of(self, record: R) -> Any:
        """Return a record's key as its fields have it.

        Args:
            record: a record of the table.
        """
        return self._read_key(record)

    def index(self, name: str) -> Index:
        """Return one of the table's indexes.

        Args:
            name: its name.

        Raises:
            TypeError: the table has no such index.
        """
        found = self.indexes.get(name)
        if found is None:
            raise TypeError(f"{self!r} has no index {name!r}")
        return found


class Single(Generic[R]):
    """Zero or one record of a state class; made by `single`."""

    def __init__(self, table: Table[R]) -> None:
        self.table = table

    def __set_name__(self, owner: type[State], name: str) -> None:
        self.table.__set_name__(owner, name)

    @overload
    def __get__(self, instance: None, owner: type[State]) -> Self: ...
    @overload
    def __get__(self, instance: State, owner: type[State]) -> SingleView[R]: ...
    def __get__(self, instance: State | None, owner: type[State]) -> Self | SingleView[R]:
        from cloudward.state.single_view import SingleView  # views know this module

        if instance is None:
            return self
        view = SingleView(instance.transaction.view(self.table, instance.scope))
        instance.__dict__[self.table.name] = view
        return view


def _same(value: Any) -> Any:
    return value


def _no_key(record: Any) -> str:
    return KEY


def table(
    record: type[R],
    *,
    key: str | tuple[str, ...],
    fold_case: bool = False,
    unique_in: Per | None = None,
    indexes: tuple[Index, ...] = (),
    references: tuple[str, ...] | tuple[Reference, ...] = (),
    version: int = 1,
    migrations: Mapping[int, Migration] | None = None,
    check: Callable[[R], str | None] | None = None,
) -> Table[R]:
    """Declare a table.

    Args:
        record: the class of its records.
        key: the field that identifies a record, or several that do so together; then keys are tuples.
        fold_case: whether keys are compared without regard to case.
        unique_in: keys may not repeat in this much of the cloud either: `Per.PARTITION` spans all accounts, and allows
            look-ups across them.
        indexes: secondary indexes.
        references: `("users", "user_name")` says that the record's `user_name` is a key of table `users`; for more,
            give `reference(…)`s.  Imports are checked against them.
        version: version of the stored form; raise it with every change that is more than a new field with a default.
        migrations: for each version before the current one, the function that turns the fields of a stored record
            into the next version's.  Fields are as JSON has them.
        check: tells what is wrong with a record that is imported, None if nothing is.
    """
    declared = tuple(one for one in references if isinstance(one, Reference))
    names = tuple(one for one in references if isinstance(one, str))
    if names:
        declared = (reference(names[1:], names[0]),)
    return Table(
        record,
        key=(key,) if isinstance(key, str) else key,
        fold_case=fold_case,
        unique_in=unique_in,
        indexes=indexes,
        references=declared,
        version=version,
        migrations=migrations or {},
        check=check,
    )


def single(record: type[R], *, version: int = 1, migrations: Mapping[int, Migration] | None = None) -> Single[R]:
    """Declare a place for one record or none, such as an account's password policy.

    Args:
        record: the record's class.
        version: see `table`.
        migrations: see `table`.
    """
    return Single(
        Table(
            record,
            key=(),
            fold_case=False,
            unique_in=None,
            indexes=(),
            references=(),
            version=version,
            migrations=migrations or {},
            is_single=True,
        )
    )


class State:
    """What a provider keeps for one partition, account, or account and region.

    Subclasses declare `table`s and `single`s as class attributes.  Handlers get an instance that is
    bound to a scope and a transaction as `ctx.state`.

    Class keyword arguments:
        per: what one state belongs to.
        service: the service's name; by default the class's name in lower case without `State`.
    """

    per: ClassVar[Per] = Per.ACCOUNT
    service: ClassVar[str] = ""
    tables: ClassVar[Mapping[str, Table[Any]]] = {}

    def __init_subclass__(cls, *, per: Per | None = None, service: str | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        if per is not None:
            cls.per = per
        cls.service = service or cls.__dict__.get("service") or cls.__name__.removesuffix("State").lower()
        found: dict[str, Table[Any]] = {}
        for name, value in vars(cls).items():
            if isinstance(value, Table):
                found[name] = value
            elif isinstance(value, Single):
                found[name] = value.table
        for declared in found.values():
            for one in declared.references:
                _check_reference(declared, one, found)
        cls.tables = found

    def __init__(self, transaction: Transaction, scope: Scope) -> None:
        self.transaction = transaction
        self.scope = scope


def _check_reference(declared: Table[Any], one: Reference, tables: Mapping[str, Table[Any]]) -> None:
    for name, by in one.targets:
        target = tables.get(name)
        fits = target is not None and (
            by in (unique.name for unique in target.uniques) if by else len(target.key_fields) == len(one.fields)
        )
        if not fits:
            raise TypeError(f"{declared!r} refers to {name}{'.' if by else ''}{by} with {', '.join(one.fields)}")
