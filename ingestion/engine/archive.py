"""The archive: every page as it came, without contact data, written once and never changed.

    archive/<source>/<resource>/<shop_key>/<sha256>.jsonl.zst     records, one JSON object per line
    archive/<source>/manifest/<shop_key>.jsonl                    one line per file: what it holds, page by page
    archive/<source>/manifest/<shop_key>.head.json                how far that was written (`manifest.py`)
    archive/unnamed/<source>/<resource>/<shop_key>/...            what `merge` found and no manifest names

A data file holds the records of some consecutive pages of one shop and resource, so that any tool reads
it as it is, for example DuckDB: `select * from read_json('archive/tiktok_shop/orders/*/*.jsonl.zst')`.
Its name is the SHA-256 of its bytes. Requests, times, and what stood around the records (totals, headers)
are in the manifest. Sources without shops use `_` for the shop.

A data file is written under another name, flushed, renamed, and only then named in the manifest; a data
file the manifest does not name is what a kill left behind and is ignored. `merge` concatenates small
files (zstd allows it without compressing again), which changes names, never content: page ids stay. It removes only
what the manifest named until then; anything else is moved aside, as a manifest that was lost may have named it.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from home.storage import StorageError, replace_file, storage_errors
from ingestion.engine.manifest import Manifest, damaged, manifests
from ingestion.engine.pages import Page, Record

NO_SHOP = "_"
_SUFFIX = ".jsonl.zst"
_UNNAMED = "unnamed"
_SAFE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_MERGED_BYTES = 32_000_000
"""A merged file stays below this many bytes of JSON, so that a reader needs little memory."""


@dataclass(slots=True)
class Entry:
    """One line of the manifest: one data file.

    Attributes:
        source: As in `Page`.
        shop_key: As in `Page`.
        resource: As in `Page`.
        endpoint: As in `Page`.
        version: As in `Page`.
        file: Name of the data file; empty when the pages held no records.
        rows: Number of records.
        bytes: Size of the records as JSON lines.
        window: Smallest half-open window that covers the pages; None when they had none.
        schema_hash: Hash of all field names seen; a change says that the API's answer changed its shape.
        run_id: The run that fetched the pages.
        pages: Per page: id, path, query, body, window, number, retrieved_at, request_id, rows, envelope,
            context.
    """

    source: str
    shop_key: str
    resource: str
    endpoint: str
    version: str
    file: str
    rows: int
    bytes: int
    window: tuple[int, int] | None
    schema_hash: str
    run_id: str
    pages: list[Record] = field(default_factory=list)


class Archive:
    """Writes and reads the archive. One process per shop writes at a time; any number may read.

    Args:
        folder: `Home.archive`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._codec = pa.Codec("zstd", compression_level=1)

    def write(self, pages: Sequence[Page], *, run_id: str, schema_hash: str = "") -> Entry:
        """Stores the records of pages of one resource and gives every page its `page_id`.

        The data file is safe on the disk afterwards; it counts once its entry is passed to `commit`.

        Raises:
            StorageError: The disk refuses; nothing half-written counts.
        """
        first = pages[0]
        for page in pages:
            page.pack()
        lines = b"".join([page.lines or b"" for page in pages])
        digest = hashlib.sha256()
        file = ""
        if lines:
            packed = self._codec.compress(lines, asbytes=True)
            digest.update(packed)
            file = digest.hexdigest() + _SUFFIX
            self._store(self._data_folder(first.source, first.resource, first.shop_key) / file, packed)
        else:
            digest.update(orjson.dumps([first.path, first.retrieved_at.isoformat(), first.request_id]))
        address = digest.hexdigest()[:32]
        described: list[Record] = []
        row = 0
        for number, page in enumerate(pages):
            page.page_id = f"{address}:{row}" if page.count else f"{address}:{row}-{number}"
            described.append(_describe(page))
            row += page.count
        windows = [page.window for page in pages if page.window is not None]
        return Entry(
            source=first.source,
            shop_key=first.shop_key,
            resource=first.resource,
            endpoint=first.endpoint,
            version=first.version,
            file=file,
            rows=row,
            bytes=len(lines),
            window=(min(w[0] for w in windows), max(w[1] for w in windows)) if windows else None,
            schema_hash=schema_hash,
            run_id=run_id,
            pages=described,
        )

    def commit(self, entries: Iterable[Entry]) -> None:
        """Names data files in the manifest: from now on they are part of the archive.

        Raises:
            ManifestDamaged: The manifest is not as it was written. Nothing was added to it.
            StorageError: The disk refuses.
        """
        by_manifest: dict[Path, list[bytes]] = defaultdict(list)
        for entry in entries:
            by_manifest[self._manifest(entry.source, entry.shop_key)].append(orjson.dumps(entry))
        for path, lines in by_manifest.items():
            Manifest(path).append(lines)

    def entries(self, source: str | None = None) -> Iterator[Entry]:
        """All entries in the order in which they were written, shop by shop.

        Raises:
            ManifestDamaged: A manifest is not as it was written; names the file and the line.
            StorageError: A manifest can't be read.
        """
        for manifest in self._manifests(source):
            yield from _read_manifest(manifest)

    def read(self, entry: Entry) -> Iterator[Page]:
        """The pages of an entry, as they were written, one at a time.

        Raises:
            StorageError: The data file is missing or damaged.
        """
        lines = self._lines(entry)
        if len(lines) != sum(described["rows"] for described in entry.pages):
            raise self._damaged(entry, "it holds another number of records than the manifest says")
        at = 0
        for described in entry.pages:
            until = at + described["rows"]
            # One call per page: the records of a page belong together in the processor's cache.
            yield _page(entry, described, orjson.loads(b"[" + b",".join(lines[at:until]) + b"]"))
            at = until

    def merge(self, wanted: Callable[[Entry], bool] = lambda entry: True) -> int:
        """Concatenates small neighbouring files of a shop and resource and removes what no manifest names.

        Needs the home's lock. Safe against kills: the new manifest replaces the old one in one step,
        before any file it does not name is removed.

        Args:
            wanted: Which entries may be merged.

        Returns:
            By how many files the archive shrank.

        Raises:
            ManifestDamaged: A manifest is not as it was written. Nothing that it may have named was removed.
            StorageError: The disk refuses, or a file is damaged.
        """
        removed = 0
        for manifest in self._manifests():
            old = list(_read_manifest(manifest))
            new = self._merged(old, wanted)
            if len(new) < len(old):
                manifest.replace(map(orjson.dumps, new))
            removed += self._clear(manifest, old, new)
        return removed

    def check(self) -> Iterator[tuple[Path, int, list[str]]]:
        """Checks every manifest, and every file that it names, whose name is the digest of its bytes.

        Yields:
            A manifest, how many files it names, and what is wrong with it or them.
        """
        for manifest in self._manifests():
            found, files = list[str](), 0
            try:
                for entry in _read_manifest(manifest):
                    if not entry.file:
                        # Pages without any record have no file.
                        continue
                    files += 1
                    try:
                        self._packed(entry)
                    except StorageError as error:
                        found.append(error.message)
            except StorageError as error:
                found.append(error.message)
            yield manifest.path, files, found

    def _manifests(self, source: str | None = None) -> Iterator[Manifest]:
        for folder in sorted(self._folder.glob(f"{source or '*'}/manifest")):
            yield from manifests(folder)

    def _merged(self, entries: list[Entry], wanted: Callable[[Entry], bool]) -> list[Entry]:
        groups: dict[tuple[str, str, str, bool], list[list[Entry]]] = defaultdict(list)
        for entry in entries:
            bundles = groups[entry.resource, entry.endpoint, entry.version, wanted(entry)]
            fits = bundles and sum(e.bytes for e in bundles[-1]) + entry.bytes <= _MERGED_BYTES
            if fits and wanted(entry):
                bundles[-1].append(entry)
            else:
                bundles.append([entry])
        return [self._joined(bundle) for bundles in groups.values() for bundle in bundles]

    def _joined(self, bundle: list[Entry]) -> Entry:
        if len(bundle) == 1:
            return bundle[0]
        first, last = bundle[0], bundle[-1]
        folder = self._data_folder(first.source, first.resource, first.shop_key)
        packed = b"".join(self._packed(entry) for entry in bundle if entry.file)
        file = hashlib.sha256(packed).hexdigest() + _SUFFIX if packed else ""
        if packed:
            self._store(folder / file, packed)
        windows = [entry.window for entry in bundle if entry.window is not None]
        return Entry(
            source=first.source,
            shop_key=first.shop_key,
            resource=first.resource,
            endpoint=first.endpoint,
            version=first.version,
            file=file,
            rows=sum(entry.rows for entry in bundle),
            bytes=sum(entry.bytes for entry in bundle),
            window=(min(w[0] for w in windows), max(w[1] for w in windows)) if windows else None,
            schema_hash=last.schema_hash,
            run_id=last.run_id,
            pages=[page for entry in bundle for page in entry.pages],
        )

    def _clear(self, manifest: Manifest, old: list[Entry], new: list[Entry]) -> int:
        """Removes what was merged, and moves aside what was never named."""
        named = {(entry.resource, entry.file) for entry in new}
        merged = {(entry.resource, entry.file) for entry in old} - named
        source, shop_key = manifest.path.parent.parent, manifest.path.name.removesuffix(".jsonl")
        removed = 0
        with storage_errors(manifest.path):
            for file in source.glob(f"*/{shop_key}/*"):
                name = (file.parent.parent.name, file.name)
                if name in merged:
                    file.unlink()
                elif name not in named:
                    aside = self._folder / _UNNAMED / file.relative_to(self._folder)
                    aside.parent.mkdir(parents=True, exist_ok=True)
                    file.replace(aside)
                else:
                    continue
                removed += 1
        return removed

    def _lines(self, entry: Entry) -> list[bytes]:
        if not entry.file:
            return []
        packed = self._packed(entry)
        try:
            with pa.input_stream(pa.BufferReader(packed), compression="zstd") as stream:
                content: bytes = stream.read()
        except OSError:
            raise self._damaged(entry, "it can't be decompressed") from None
        # Inside JSON a line break is escaped, so one in the bytes is always the end of a record.
        return content.splitlines()

    def _packed(self, entry: Entry) -> bytes:
        path = self._data_folder(entry.source, entry.resource, entry.shop_key) / entry.file
        with storage_errors(path):
            if not path.is_file():
                raise self._damaged(entry, "it is missing")
            packed = path.read_bytes()
        if hashlib.sha256(packed).hexdigest() + _SUFFIX != entry.file:
            raise self._damaged(entry, "its content does not match its name")
        return packed

    def _store(self, path: Path, content: bytes) -> None:
        # One of this name that a power cut or a fault has changed is written anew.
        if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
            return
        replace_file(path, content)

    def _damaged(self, entry: Entry, what: str) -> StorageError:
        path = self._data_folder(entry.source, entry.resource, entry.shop_key) / entry.file
        return StorageError(
            f"The archive file {path} is damaged: {what}.",
            advice="Restore it from your backup of the archive. The raw tables still have its rows.",
        )

    def _data_folder(self, source: str, resource: str, shop_key: str) -> Path:
        return self._folder / _safe(source) / _safe(resource) / _safe(shop_key or NO_SHOP)

    def _manifest(self, source: str, shop_key: str) -> Path:
        return self._folder / _safe(source) / "manifest" / f"{_safe(shop_key or NO_SHOP)}.jsonl"


def hash_schema(fields: dict[str, set[str]]) -> str:
    """A short hash of the field names seen, by their path."""
    seen = {path: sorted(names) for path, names in sorted(fields.items())}
    return hashlib.sha256(orjson.dumps(seen, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _safe(name: str) -> str:
    if not _SAFE_NAME.fullmatch(name) or name.startswith("."):
        raise ValueError(f"{name!r} can't be part of a file name")
    return name


def _describe(page: Page) -> Record:
    return {
        "id": page.page_id,
        "path": page.path,
        "query": dict(page.query),
        "body": page.body,
        "window": page.window,
        "number": page.number,
        "retrieved_at": page.retrieved_at.isoformat(),
        "request_id": page.request_id,
        "rows": page.count,
        "envelope": page.envelope,
        "context": page.context,
    }


def _page(entry: Entry, described: Record, records: list[Record]) -> Page:
    window = described["window"]
    return Page(
        source=entry.source,
        shop_key=entry.shop_key,
        resource=entry.resource,
        endpoint=entry.endpoint,
        version=entry.version,
        path=described["path"],
        query=described["query"],
        body=described["body"],
        window=(window[0], window[1]) if window else None,
        number=described["number"],
        retrieved_at=datetime.fromisoformat(described["retrieved_at"]),
        request_id=described["request_id"],
        records=records,
        envelope=described["envelope"],
        context=described["context"],
        page_id=described["id"],
    )


def _read_manifest(manifest: Manifest) -> Iterator[Entry]:
    for number, line in enumerate(manifest.read(), start=1):
        try:
            values: dict[str, Any] = orjson.loads(line)
            window = values.pop("window")
            entry = Entry(window=(window[0], window[1]) if window else None, **values)
        except (ValueError, TypeError, KeyError, IndexError):
            raise damaged(manifest.path, number) from None
        yield entry
