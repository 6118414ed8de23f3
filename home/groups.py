"""Many homes side by side: one for each seller group, all in the folder `TTKPI_HOMES`.

| in TTKPI_HOMES | what |
| --- | --- |
| `<group>/` | the home of a seller group, or a link to it; the folder is all that a new group needs |
| `<group>/.env` | settings of this group alone, by the names of the environment; mode 0600 |
| `_union/` | a home of its own for what is made of all groups: the union, its key and audit log, Dagster's runs |

Names that begin with `_` or `.` are no groups. What is wrong with one group is a property of that group: the others
are not concerned.
"""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from home.config import FILES_SECTION, HOME_VARIABLE, environment_name, optional_secret, optional_text
from home.errors import ConfigError
from home.layout import Home

HOMES_VARIABLE = "TTKPI_HOMES"
"""The environment variable that names the folder of homes."""
SETTINGS = ".env"
"""The file in a group's home with the settings of the group."""
_UNION = "_union"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_SIGNS_OF_A_HOME = ("tokens.json", "audit_log.jsonl", "warehouse.duckdb")
_OF_ONE_HOME = (
    ("destination.postgres", ("url",), ("schema",)),
    ("destination.bitable", (), ("app_token",)),
    (FILES_SECTION, (), ("inbox",)),
)
"""Sections, with their secrets and other keys, that name a place into which, or from which, one home alone may work."""


@dataclass(frozen=True, slots=True)
class SellerGroup:
    """A seller group and its home.

    Attributes:
        name: Of its folder; also its partition in Dagster and its value of `seller_group` in the union.
        home: Its home.
        settings: What its `.env` says. May hold secrets, so it is hidden from `repr`.
        problem: Why it can't be run, with what to do; empty when nothing is wrong.
    """

    name: str
    home: Home
    settings: Mapping[str, str]
    problem: str = ""

    def __repr__(self) -> str:
        return f"SellerGroup({self.name!r}, {self.home.root}, problem={self.problem!r})"

    def environment(self) -> dict[str, str]:
        """The environment of a command in this group's home.

        Raises:
            ConfigError: Something is wrong with the group.
        """
        if self.problem:
            raise ConfigError(f"Seller group {self.name}: {self.problem}")
        return {**os.environ, **self.settings, HOME_VARIABLE: str(self.home.root)}


def homes_folder() -> Path:
    """The folder of homes, `TTKPI_HOMES`.

    Raises:
        ConfigError: It is not set, is no folder, or is itself a home.
    """
    value = os.environ.get(HOMES_VARIABLE, "").strip()
    if not value:
        raise ConfigError(
            f"{HOMES_VARIABLE} is not set.",
            advice="Name the folder in which each seller group has a folder of its own (docs/homes.md).",
        )
    folder = Path(value).expanduser().absolute()
    if not folder.is_dir():
        raise ConfigError(
            f"{HOMES_VARIABLE} names {folder}, which is no folder.", advice=f"Make it: mkdir -m 700 {folder}"
        )
    if found := [name for name in _SIGNS_OF_A_HOME if (folder / name).exists()]:
        raise ConfigError(
            f"{HOMES_VARIABLE} names {folder}, which is a home: it has {found[0]} in it.",
            advice="Move it into a folder of homes, as the home of one group, and name that folder.",
        )
    return folder


def union_home(folder: Path) -> Home:
    """The home of what is made of all groups."""
    return Home(folder / _UNION)


def seller_groups(folder: Path) -> list[SellerGroup]:
    """All groups of a folder by name, also those with a problem.

    Raises:
        ConfigError: A file in `.dlt/` can't be read.
    """
    found = sorted(
        path
        for path in folder.iterdir()
        # A link that leads nowhere is a group whose disk is not there, not a group that is gone.
        if path.name[0] not in "._" and (path.is_dir() or path.is_symlink())
    )
    return _with_homes_apart(_with_places_apart([_group(path) for path in found]))


def seller_group(folder: Path, name: str) -> SellerGroup:
    """One group.

    Raises:
        ConfigError: There is no such group.
    """
    known = {group.name: group for group in seller_groups(folder)}
    if name not in known:
        # A name that is refused is not offered as one to make.
        new = f" A new one: mkdir -m 700 {folder / name}" if _NAME.fullmatch(name) else ""
        raise ConfigError(
            f"There is no seller group {name} in {folder}.",
            advice=f"Known are: {', '.join(known) or 'none yet'}.{new}",
        )
    return known[name]


def _group(path: Path) -> SellerGroup:
    home = Home(path)
    if not _NAME.fullmatch(path.name):
        problem = (
            f"{path} is no name of a group: use small letters, digits, '-' and '_'. Rename the folder, or begin its "
            "name with '_' if it is no home."
        )
        return SellerGroup(path.name, home, {}, problem)
    if not path.is_dir():
        problem = f"{path} leads to {os.path.realpath(path)}, where no folder is. Is its disk mounted?"
        return SellerGroup(path.name, home, {}, problem)
    try:
        return SellerGroup(path.name, home, _settings(path / SETTINGS))
    except ConfigError as error:
        return SellerGroup(path.name, home, {}, str(error))


def _settings(path: Path) -> dict[str, str]:
    """What a file of settings says; nothing in it is replaced by other variables.

    Raises:
        ConfigError: Others may read it, or a line is no setting.
    """
    try:
        if not path.exists():
            if path.is_symlink():
                # Without them the group would run with what is set for all.
                raise ConfigError(
                    f"{path} leads to {os.path.realpath(path)}, where no file is.",
                    advice="Is its disk mounted?",
                )
            return {}
        found = path.stat()
        if found.st_uid not in (os.geteuid(), 0):
            # What it sets is obeyed by processes of this user.
            raise ConfigError(
                f"{path} belongs to another user (number {found.st_uid}).",
                advice=f"chown {os.geteuid()} {path}",
            )
        if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(
                f"{path} can be read by others than its owner, and is for secrets.",
                advice=f"chmod 600 {path}",
            )
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{path} can't be read: {error}") from None
    # Never the line itself: it may hold a secret.
    if wrong := [one.original.line for one in parse_stream(io.StringIO(text)) if one.error]:
        # The setting of all groups would be used in the place of this one's.
        raise ConfigError(
            f"{path}: line {wrong[0]} is no setting.",
            advice="Write NAME=value, one a line, and close quotes.",
        )
    if "\0" in text:
        raise ConfigError(
            f"{path} has a character in it that no setting can have.", advice="Save it as text (UTF-8)."
        )
    read = dotenv_values(stream=io.StringIO(text), interpolate=False)
    if broken := [number for number, name in enumerate(read, start=1) if read[name] is None]:
        raise ConfigError(
            f"{path}: setting {broken[0]} has no value.", advice="Write NAME=value, one a line."
        )
    if HOME_VARIABLE in read:
        raise ConfigError(
            f"{path} sets {HOME_VARIABLE}.", advice="Take it out: the home is the folder of the file."
        )
    return {name: value for name, value in read.items() if value is not None}


def _with_places_apart(groups: Sequence[SellerGroup]) -> list[SellerGroup]:
    """Two homes that publish into one server, or take files from one folder, would undo each other's work."""
    checked = list(groups)
    for section, secrets, texts in _OF_ONE_HOME:
        shared = {key: optional_secret(section, key) or "" for key in secrets}
        shared |= {key: optional_text(section, key, "") for key in texts}
        places: dict[tuple[str, ...], list[str]] = {}
        own: dict[str, tuple[str, ...]] = {}
        for group in checked:
            own[group.name] = tuple(
                group.settings.get(environment_name(section, key), value) for key, value in shared.items()
            )
            places.setdefault(own[group.name], []).append(group.name)
        variable = environment_name(section, next(iter(shared)))
        checked = [
            _with_problem(
                group,
                f"{section} names the same place as for {_others(places[own[group.name]], group.name)}, and only one "
                f"home may use it. Set {variable} in {group.home.root / SETTINGS}.",
            )
            if own[group.name][0] and len(places[own[group.name]]) > 1
            else group
            for group in checked
        ]
    return checked


def _with_homes_apart(groups: Sequence[SellerGroup]) -> list[SellerGroup]:
    """No home is the home of two groups, or lies in the home of another: links may lead there."""
    real = {group.name: Path(os.path.realpath(group.home.root)) for group in groups}
    folders = {Path(os.path.realpath(group.home.root.parent)) for group in groups}
    # A link to the folder of homes, or to above it, holds all of them: that is wrong with the link alone.
    above = {name for name, path in real.items() if any(path in (one, *one.parents) for one in folders)}
    checked = []
    for group in groups:
        own = real[group.name]
        if group.name in above:
            problem = f"it leads to {own}, where the homes of all groups are. Take the link away."
            checked.append(_with_problem(group, problem))
            continue
        same = [name for name, path in real.items() if name != group.name and path == own]
        nested = [
            name
            for name, path in real.items()
            if name != group.name
            and name not in above
            and path != own
            and (path in own.parents or own in path.parents)
        ]
        if same:
            group = _with_problem(
                group, f"its home is also that of {', '.join(same)}. Give each a folder of its own."
            )
        elif nested:
            group = _with_problem(
                group,
                f"its home lies in that of {', '.join(nested)}, or the other way round. Move it beside.",
            )
        checked.append(group)
    return checked


def _with_problem(group: SellerGroup, problem: str) -> SellerGroup:
    return group if group.problem else replace(group, problem=problem)


def _others(names: Sequence[str], own: str) -> str:
    return ", ".join(name for name in names if name != own)
