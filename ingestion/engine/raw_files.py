"""What is in the raw folder: every data file with its size and digest, so that none is lost or changed unseen.

`raw/files.jsonl` (a `Manifest`) is added to after each load. A build, a compaction and a partial replay look first
whether the files are those: each is there, and has the size and the time of change that it had; one that has another
time, as in a copied home, is read and compared. `ttkpi verify` reads them all.

The list itself can be made anew from the files, and a file from the archive (`ttkpi replay`). Not in the list: the
empty file of each table, which is written anew when it is not as declared, and dlt's own records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from home.storage import StorageError, storage_errors
from ingestion.engine.manifest import Manifest, ManifestDamaged, damaged

SCHEMA_FILE = "0.schema.parquet"
"""An empty file with all columns: every table exists, and with its full schema, whatever was loaded."""
LIST_FILE = "files.jsonl"
CURE = "Run `ttkpi replay`: it makes the raw folder anew from the archive. Then run the command again."


class RawDamaged(StorageError):
    """A file of the raw folder is not as it was loaded. Nothing was made of it."""


@dataclass(frozen=True, slots=True)
class RawFile:
    """A data file as it was when it was listed.

    Attributes:
        file: Its path inside the raw folder.
        bytes: Its size.
        mtime_ns: When it was last changed.
        sha256: Its digest.
    """

    file: str
    bytes: int
    mtime_ns: int
    sha256: str


class RawFiles:
    """The list of the data files of a raw folder.

    Args:
        raw: The raw folder.
    """

    def __init__(self, raw: Path) -> None:
        self._raw = raw
        self._manifest = Manifest(raw / LIST_FILE)

    def known(self) -> dict[str, RawFile]:
        """The listed files, by path inside the raw folder; none when nothing was listed yet.

        Raises:
            ManifestDamaged: The list is not as it was written.
        """
        found: dict[str, RawFile] = {}
        for number, line in enumerate(self._manifest.read(), start=1):
            record = orjson.loads(line)
            try:
                files = [RawFile(**one) for one in record["files"]]
            except (KeyError, TypeError):
                raise damaged(self._manifest.path, number) from None
            # A compaction is listed before its folder takes the place of the old one: it counts if it did.
            if "instead_of" in record:
                if not any((self._raw / one.file).exists() for one in files):
                    continue
                for name in record["instead_of"]:
                    found.pop(name, None)
            found |= {one.file: one for one in files}
        return found

    def add_new(self) -> None:
        """Lists what is not listed yet, of loads that have ended; a list that is damaged is made anew.

        Raises:
            RawDamaged: A file that would be listed is no Parquet file.
            StorageError: The disk refuses.
        """
        try:
            known = self.known()
        except ManifestDamaged:
            self._manifest.discard()
            known = {}
        finished = {source: finished_loads(source) for source in self._raw.glob("*/")}
        new = [
            path
            for path in data_files(self._raw)
            if self._name(path) not in known and _is_finished(path, finished)
        ]
        if new:
            self._manifest.append([_line([self._described(path) for path in new])])

    def settle(self) -> None:
        """Writes the list anew, as it is known: of compactions that were announced only what came of them stays.

        Raises:
            StorageError: The disk refuses; the list is as it was.
        """
        known = list(self.known().values())
        self._manifest.replace([_line(known)] if known else [])

    def announce(self, folder: Path, table: Path, instead_of: Iterable[Path]) -> None:
        """Lists the files of a folder that is about to take the place of a table's folder.

        Args:
            folder: The new folder.
            table: The folder whose place it takes.
            instead_of: The files that are gone then.

        Raises:
            StorageError: The disk refuses.
        """
        known = self.known()
        files = [
            self._described(path, self._name(table / path.name))
            for path in sorted(folder.glob("*.parquet"))
            if path.name != SCHEMA_FILE and self._name(table / path.name) not in known
        ]
        self._manifest.append([_line(files, [self._name(path) for path in instead_of])])

    def require_whole(self) -> None:
        """Looks whether the files are those that were listed, and lists those that are not listed yet.

        Raises:
            RawDamaged: One is missing or was changed, or can't be read; names it.
            StorageError: The disk refuses.
        """
        self.add_new()
        for problem in self.problems(read_all=False):
            raise RawDamaged(problem, advice=CURE)

    def problems(self, *, read_all: bool) -> Iterator[str]:
        """What is wrong with the listed files, in plain words.

        Args:
            read_all: Read every file; otherwise only those whose time of change is another one.
        """
        for one in self.known().values():
            path = self._raw / one.file
            try:
                about = path.stat()
            except FileNotFoundError:
                yield f"{path} is missing: it was loaded."
                continue
            if about.st_size != one.bytes:
                size = f"{about.st_size:,} bytes instead of {one.bytes:,}"
                yield f"{path} was changed after it was loaded: it has {size}."
            elif (read_all or about.st_mtime_ns != one.mtime_ns) and _sha256(path) != one.sha256:
                yield f"{path} was changed after it was loaded: its digest is another one."

    def _described(self, path: Path, name: str = "") -> RawFile:
        require_parquet(path)
        with storage_errors(path):
            about = path.stat()
            return RawFile(name or self._name(path), about.st_size, about.st_mtime_ns, _sha256(path))

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self._raw))


def _is_finished(path: Path, finished: Mapping[Path, set[str]]) -> bool:
    load_id = load_id_of(path)
    return load_id is None or is_exchanged(path) or load_id in finished[path.parent.parent]


def data_files(raw: Path) -> Iterator[Path]:
    """The data files of all tables of a raw folder."""
    for path in sorted(raw.glob("*/*/*.parquet")):
        hidden = path.parent.name.startswith(("_", ".")) or path.parent.name.endswith(".old")
        if not hidden and path.name != SCHEMA_FILE:
            yield path


def load_id_of(path: Path) -> str | None:
    """The load id in a data file's name; None for files that carry none."""
    parts = path.name.split(".")
    if len(parts) < 3 or not parts[0].isdigit() or parts[0] == "0":
        return None
    return f"{parts[0]}.{parts[1]}" if len(parts) > 3 and parts[1].isdigit() else parts[0]


def is_exchanged(path: Path) -> bool:
    """Whether a data file was put in place with its whole folder: it is complete whenever it is seen."""
    return "-" in path.name.split(".")[-2]


def finished_loads(source: Path) -> set[str]:
    """Ids of the loads of a source that dlt has recorded as ended."""
    return {path.stem.rsplit("__", 1)[-1] for path in (source / "_dlt_loads").glob("*.jsonl")}


def parquet_schema(path: Path) -> pa.Schema | None:
    """The schema of a Parquet file; None when there is none, or it is no Parquet file."""
    if not path.is_file():
        return None
    try:
        return pq.read_schema(path)
    except (pa.ArrowException, OSError):
        # Of a page that can't be read Arrow says that the disk is to blame.
        return None


def require_parquet(path: Path) -> None:
    """Makes sure that a file can be read as Parquet.

    Raises:
        RawDamaged: It can't; names it.
        StorageError: The disk refuses.
    """
    with storage_errors(path):
        try:
            pq.read_metadata(path)
        except (pa.ArrowException, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise RawDamaged(
                f"{path} is no whole Parquet file: {str(error).splitlines()[0]}", advice=CURE
            ) from None


def _line(files: Iterable[RawFile], instead_of: list[str] | None = None) -> bytes:
    record: dict[str, object] = {"files": [asdict(one) for one in files]}
    if instead_of is not None:
        record["instead_of"] = instead_of
    return orjson.dumps(record)


def _sha256(path: Path) -> str:
    with storage_errors(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
