"""What a source reads: each resource is declared once, with its endpoint, its tables and how it is read.

Everything else that lists resources or endpoints (a sync, the archive, Dagster's assets, the tables in READMEs) is
derived from these declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from ingestion.engine.columns import Table
from ingestion.engine.pages import Record
from ingestion.engine.privacy import Rules
from ingestion.engine.windows import Step


class Endpoint(Protocol):
    """An endpoint, as far as it is known to all sources."""

    @property
    def name(self) -> str:
        """Short name, for messages and `sync_log`."""

    @property
    def method(self) -> str:
        """GET or POST."""

    @property
    def path(self) -> str:
        """Its path, with placeholders."""

    @property
    def scope(self) -> str | None:
        """What must have been granted; None when it has no name."""

    @property
    def one_call(self) -> str:
        """How much one call gives, for people."""


R = TypeVar("R", contravariant=True)
"""What the readers of a source share during a run."""
E = TypeVar("E", bound=Endpoint)


# Without slots: a frozen class with slots can't be made by an alias of its generic form.
@dataclass(frozen=True)
class Resource(Generic[R, E]):
    """One kind of data: where it comes from, what it becomes.

    Attributes:
        name: Name of the resource, in `--resource`, in `sync_log` and in dlt.
        endpoint: Where it is read.
        tables: Raw tables it feeds (each with its children).
        rules: What is cut from its records.
        take: Takes an answer apart into records and what surrounds them.
        read: Yields its pages, and checkpoints after them.
        snapshot: Whether its rows only make sense as a whole: then nothing is stored until all of it has
            come.
        keep_records: Whether its reader looks into the records of pages; otherwise they are let go as
            soon as possible.
    """

    name: str
    endpoint: E
    tables: tuple[Table, ...]
    rules: Rules
    take: Callable[[Record], tuple[list[Any], Record]]
    read: Callable[[R, Resource[R, E]], Iterator[Step]]
    snapshot: bool = False
    keep_records: bool = False

    def all_tables(self) -> Iterator[Table]:
        """Every raw table the resource feeds, children included."""
        for table in self.tables:
            yield from table.family()


class Catalogue(Generic[R, E]):
    """All resources of a source.

    Args:
        domains: The resources of each domain, in the order in which a sync reads them: later ones may need what
            earlier ones have found.

    Attributes:
        domains: The same.
        resources: All of them, in this order.
        by_name: By their names.
        endpoints: The endpoints that they are read from.
    """

    def __init__(self, domains: Mapping[str, tuple[Resource[R, E], ...]]) -> None:
        self.domains = domains
        self.resources = tuple(resource for group in domains.values() for resource in group)
        self.by_name = {resource.name: resource for resource in self.resources}
        self.endpoints = tuple(
            {resource.endpoint.name: resource.endpoint for resource in self.resources}.values()
        )

    def tables(self) -> Iterator[Table]:
        """Every raw table that a resource feeds, children included."""
        for resource in self.resources:
            yield from resource.all_tables()

    def names(self) -> frozenset[str]:
        """Names by which resources can be chosen: their own, and those of the raw tables they feed."""
        return frozenset(self.by_name) | {table.name for table in self.tables()}

    def chosen(self, names: Iterable[str] | None) -> tuple[Resource[R, E], ...]:
        """The resources that carry these names, or feed raw tables of these names; all of them for None."""
        if names is None:
            return self.resources
        wanted = set(names)
        return tuple(
            resource
            for resource in self.resources
            if resource.name in wanted or any(table.name in wanted for table in resource.all_tables())
        )
