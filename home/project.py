"""The dbt project: its folder, and the vars that Python reads as well.

What people count in and whose midnight ends their day stand in `dbt_project.yml` alone (`reporting_currency`,
`reporting_timezone`): sync, build, schedules, demo and reports read them here, dbt reads the same file.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import yaml

from home.config import PROJECT_ROOT
from home.errors import ConfigError
from home.inputs import seed_file
from home.layout import Home

PROJECT_VARIABLE = "TTKPI_PROJECT"


def project_dir() -> Path:
    """The dbt project: `TTKPI_PROJECT`, or the checkout this package is in.

    Raises:
        ConfigError: There is no dbt project.
    """
    value = os.environ.get(PROJECT_VARIABLE, "").strip()
    folder = Path(value).expanduser().absolute() if value else PROJECT_ROOT
    if not (folder / "dbt_project.yml").is_file():
        raise ConfigError(
            f"There is no dbt project in {folder}: dbt_project.yml is missing.",
            advice=f"Run ttkpi from an editable install of the repository, or set {PROJECT_VARIABLE} to its folder.",
        )
    return folder


def project_vars(project: Path | None = None) -> dict[str, str]:
    """The dbt vars of a project, as text.

    Args:
        project: Folder of `dbt_project.yml`; by default the one that `ttkpi build` uses.

    Raises:
        ConfigError: There is no dbt project.
    """
    path = (project or project_dir()) / "dbt_project.yml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return {str(name): str(value) for name, value in (settings.get("vars") or {}).items()}


def project_var(name: str, project: Path | None = None) -> str:
    """Value of one dbt var, such as `reporting_timezone`.

    Raises:
        ConfigError: The project does not set it, or there is none.
    """
    value = project_vars(project).get(name, "")
    if not value:
        path = (project or project_dir()) / "dbt_project.yml"
        raise ConfigError(f"The var {name} is not set.", advice=f"Set it under `vars` in {path}.")
    return value


def cost_currencies(project: Path | None = None, home: Home | None = None) -> set[str]:
    """Currencies in which the team writes down what its goods cost: they need exchange rates as those of shops do.

    Args:
        project: Folder of the dbt project; by default the one that `ttkpi build` uses.
        home: Whose input goes before the seed; by default the seed is read.

    Raises:
        ConfigError: There is no dbt project.
        RecordDamaged: The inputs of the home are not as they were imported.
    """
    folder = project or project_dir()
    path = folder / "seeds" / "finance" / "sku_costs.csv"
    if home is not None:
        path = seed_file(home, folder, "finance", "sku_costs")
    if not path.is_file():
        return set()
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["currency"] for row in csv.DictReader(file) if row.get("currency")}


COST_COLUMNS = (
    "shop_key",
    "seller_sku",
    "unit_cost",
    "currency",
    "valid_from",
    "valid_to",
    "freight_cost",
    "duty_cost",
)
"""Columns of seed `sku_costs`, in their order."""


def require_cost_columns(project: Path | None = None) -> None:
    """Checks that seed `sku_costs` has all of its columns: a team's own file may be from before they were there.

    Raises:
        ConfigError: A column is missing, or there is no dbt project.
    """
    path = (project or project_dir()) / "seeds" / "finance" / "sku_costs.csv"
    if not path.is_file():
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = next(csv.reader(file), [])
    if missing := [column for column in COST_COLUMNS if column not in header]:
        raise ConfigError(
            f"The seed {path} has no column {', '.join(missing)}.",
            advice="Add it at the end of the header, and a comma at the end of each row: the cells may be empty.",
        )
