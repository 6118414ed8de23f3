"""Great Expectations suites: read from `tests/expectations/*.yml`, run on data frames.

One file per domain. In it, per edge (`raw`, `marts`), a list of suites:

    - name: orders                  # unique within domain and edge
      about: what the table shows   # what a person is told of it
      sql: select ...               # names that can be used: see orchestration/audit/frames.py
      index: [shop_key]             # columns that say which row failed
      may_be_empty: true            # otherwise an empty table is a critical failure: nothing was checked
      expect:
        - type: expect_column_values_to_be_between    # any expectation of Great Expectations
          column: residual                            # its arguments
          min_value: 0
          severity: critical                          # critical stops the publication, warning is shown
          why: what it means if this fails, and what to do
          why_zh: the same in Chinese; every one has it
          cause: exchange rates                       # of several checks with one cause the audit tells one

Great Expectations 1.24 fails on DuckDB through SQLAlchemy, so the tables are handed over as data frames. An expectation
that did not run, for whatever reason, counts as a critical failure.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import yaml

from home.errors import ConfigError
from orchestration.audit.failing_rows import KEY, by_shop, shown

Edge = Literal["raw", "marts"]
Severity = Literal["critical", "warning"]

EDGES: tuple[Edge, ...] = ("raw", "marts")
_SHOWN_ROWS = 5
_SUITE_KEYS = {"name", "about", "sql", "index", "may_be_empty", "expect"}


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation of a suite."""

    type: str
    arguments: Mapping[str, Any]
    severity: Severity
    why: str
    cause: str = ""
    why_zh: str = ""

    @property
    def subject(self) -> str:
        """The column or columns it is about; empty for a whole table."""
        columns = self.arguments.get("column_list") or self.arguments.get("column_set") or []
        return str(self.arguments.get("column") or ", ".join(columns))


@dataclass(frozen=True, slots=True)
class Suite:
    """The expectations of one table at one edge."""

    domain: str
    edge: Edge
    name: str
    about: str
    sql: str
    index: tuple[str, ...] = ()
    may_be_empty: bool = False
    expectations: tuple[Expectation, ...] = ()

    @property
    def id(self) -> str:
        """`edge.domain.name`: how it is called in reports."""
        return f"{self.edge}.{self.domain}.{self.name}"

    @property
    def reads(self) -> tuple[str, ...]:
        """The tables that its query reads, as it names them: `raw.orders`, `arrived.orders`, `marts.fct_orders`."""
        return tuple(re.findall(r"\b(?:raw|arrived|marts)\.\w+", self.sql))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check found.

    Attributes:
        check: `expectations` for Great Expectations, `dbt` for a dbt test, `build` for the state of the warehouse.
        name: Suite and expectation, or the dbt test.
        subject: Column or model it is about.
        severity: What its failure means.
        passed: Whether it holds.
        message: What was found, in plain words; empty when it holds.
        ran: It was really evaluated.
        details: What Great Expectations reported: counts, observed value, the first rows.
        found_in: Shops that it failed for, with what was found in each; empty when a row that it found names no shop.
        remedy: What a failure means, and what to do.
        cause: What it usually comes of, if that has a name; other checks may have the same.
        reads: What it looks at: the id of the dbt test, or the tables of the suite.
        remedy_zh: The remedy in Chinese; empty for a test that comes with dbt.
    """

    check: str
    name: str
    subject: str
    severity: Severity
    passed: bool
    message: str = ""
    ran: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)
    found_in: Mapping[str, str] = field(default_factory=dict)
    remedy: str = ""
    cause: str = ""
    reads: tuple[str, ...] = ()
    remedy_zh: str = ""


def load_suites(folder: Path) -> list[Suite]:
    """All suites of a folder, by domain.

    Raises:
        ConfigError: There is none, or one is not written as the module's text says.
    """
    files = sorted(folder.glob("*.yml"))
    if not files:
        raise ConfigError(
            f"There are no expectations in {folder}.", advice="Restore tests/expectations/*.yml."
        )
    suites = [suite for file in files for suite in _read(file)]
    seen: set[str] = set()
    for suite in suites:
        if suite.id in seen:
            raise ConfigError(f"There are two suites {suite.id}.", advice="Give one of them another name.")
        seen.add(suite.id)
    return suites


def _read(file: Path) -> Iterator[Suite]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigError(f"{file} is not YAML: {error}", advice="Correct it.") from error
    if not isinstance(content, dict) or not set(content) <= set(EDGES):
        raise _wrong(file, "", f"must be a mapping of {' and '.join(EDGES)} to lists of suites")
    for edge in EDGES:
        for entry in content.get(edge) or []:
            name = str(entry.get("name") or "")
            if unknown := set(entry) - _SUITE_KEYS:
                raise _wrong(file, name, f"has unknown keys {', '.join(sorted(unknown))}")
            if missing := {"name", "about", "sql", "expect"} - set(entry):
                raise _wrong(file, name, f"lacks {', '.join(sorted(missing))}")
            yield Suite(
                domain=file.stem,
                edge=edge,
                name=name,
                about=" ".join(str(entry["about"]).split()),
                sql=str(entry["sql"]),
                index=tuple(entry.get("index") or ()),
                may_be_empty=bool(entry.get("may_be_empty")),
                expectations=tuple(_expectation(file, name, one) for one in entry["expect"]),
            )


def _expectation(file: Path, suite: str, entry: Mapping[str, Any]) -> Expectation:
    arguments = dict(entry)
    type_, severity, why = (arguments.pop(key, None) for key in ("type", "severity", "why"))
    cause, why_zh = (str(arguments.pop(key, "")) for key in ("cause", "why_zh"))
    if not type_ or not why or severity not in ("critical", "warning"):
        raise _wrong(
            file, suite, f"{type_ or 'an expectation'} needs type, why, and severity critical or warning"
        )
    return Expectation(
        type=str(type_),
        arguments=arguments,
        severity=cast(Severity, severity),
        why=" ".join(str(why).split()),
        cause=cause,
        why_zh=why_zh,
    )


def _wrong(file: Path, suite: str, text: str) -> ConfigError:
    where = f"{file}, suite {suite}" if suite else str(file)
    return ConfigError(
        f"{where}: {text}.", advice="See the text at the top of orchestration/audit/expectations.py."
    )


class Judge:
    """Runs suites with Great Expectations.

    Args:
        shops: Name of each shop; one that is not in it is shown by its key alone.
    """

    def __init__(self, shops: Mapping[str, str] | None = None) -> None:
        self._shops = shops or {}
        # Read when Great Expectations is imported, which is why it is imported here.
        os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        self._gx = gx
        self._context = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = ProgressBarsConfig(globally=False)
        # Its pages load 17 resources from foreign hosts; ours are in `page.py`.
        for site in list(self._context.get_site_names()):
            self._context.delete_data_docs_site(site)
        self._sources = {edge: self._context.data_sources.add_pandas(edge) for edge in EDGES}

    def run(self, suite: Suite, frame: Callable[[], Any]) -> list[Outcome]:
        """Judge one table.

        Args:
            suite: What to expect of it.
            frame: Makes the data frame; what it raises is the failure of every expectation.
        """
        try:
            table = frame()
        except Exception as error:  # noqa: BLE001 (whatever keeps the table from being read is told as a failed check)
            return [
                self._not_run(suite, one, f"could not be read: {_first_line(error)}")
                for one in suite.expectations
            ]
        if len(table) == 0 and suite.may_be_empty:
            return []
        outcomes = []
        if len(table) == 0:
            outcomes.append(
                Outcome(
                    check="expectations",
                    name=f"{suite.id}: has rows",
                    subject="",
                    severity="critical",
                    passed=False,
                    message=f"{suite.id} is empty, so nothing could be checked. {suite.about}",
                    reads=suite.reads,
                    remedy_zh="该表为空，无法检查。请查看同步状态（`ttkpi status`），再运行 `ttkpi build`。",
                )
            )
        return outcomes + self._evaluate(suite, table)

    def _evaluate(self, suite: Suite, table: Any) -> list[Outcome]:
        from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

        asset = self._sources[suite.edge].add_dataframe_asset(suite.id)
        batch = asset.add_batch_definition_whole_dataframe("all")
        made = self._context.suites.add(self._gx.ExpectationSuite(name=suite.id, notes=suite.about))
        for position, one in enumerate(suite.expectations):
            configuration = ExpectationConfiguration(
                type=one.type,
                kwargs=dict(one.arguments),
                severity=one.severity,
                notes=one.why,
                meta={"position": position},
            )
            try:
                made.add_expectation(configuration.to_domain_obj())
            except Exception as error:
                raise ConfigError(
                    f"Suite {suite.id}: {one.type} can't be used: {_first_line(error)}",
                    advice=f"Correct it in tests/expectations/{suite.domain}.yml.",
                ) from error
        definition = self._context.validation_definitions.add(
            self._gx.ValidationDefinition(name=suite.id, data=batch, suite=made)
        )
        # All failing rows: they say which shops are held back.
        wanted: dict[str, Any] = {"result_format": "COMPLETE", "partial_unexpected_count": _SHOWN_ROWS}
        if suite.index:
            wanted["unexpected_index_column_names"] = list(suite.index)
        answer = definition.run(batch_parameters={"dataframe": table}, result_format=wanted)
        found = {result.expectation_config.meta.get("position"): result for result in answer.results}
        return [
            self._outcome(suite, one, found.get(position), len(table))
            for position, one in enumerate(suite.expectations)
        ]

    def _outcome(self, suite: Suite, one: Expectation, result: Any, rows: int) -> Outcome:
        if result is None:
            return self._not_run(suite, one, "was not evaluated")
        if raised := _exception(result.exception_info):
            return self._not_run(suite, one, f"could not be evaluated: {raised}")
        # As plain numbers and texts: the result itself holds numpy's.
        found: Mapping[str, Any] = result.to_json_dict().get("result") or {}
        if not found or ("element_count" in found and found["element_count"] != rows):
            return self._not_run(suite, one, "was not evaluated on the rows it was given")
        details = {
            key: found[key]
            for key in (
                "element_count",
                "unexpected_count",
                "observed_value",
                "partial_unexpected_index_list",
            )
            if key in found
        }
        return Outcome(
            check="expectations",
            name=f"{suite.id}: {one.type}",
            subject=one.subject,
            severity=one.severity,
            passed=bool(result.success),
            message="" if result.success else _explain(suite, one, found, self._shops),
            details=details,
            found_in={} if result.success else by_shop(_failing_rows(suite, one, found)),
            remedy=one.why,
            cause=one.cause,
            reads=suite.reads,
            remedy_zh=one.why_zh,
        )

    @staticmethod
    def _not_run(suite: Suite, one: Expectation, why: str) -> Outcome:
        return Outcome(
            check="expectations",
            name=f"{suite.id}: {one.type}",
            subject=one.subject,
            severity="critical",
            passed=False,
            message=f"{suite.id}: {one.type} {why}",
            ran=False,
            reads=suite.reads,
            remedy_zh="该检查无法运行：表或列缺失，或无法读取。请运行 `ttkpi build`。",
        )


def _failing_rows(suite: Suite, one: Expectation, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What it failed for, row by row: the columns that say which row it is, and the one that is wrong."""
    columns = (*suite.index, one.subject)
    rows = found.get("unexpected_index_list") or []
    return [{name: row[name] for name in columns if name in row} for row in rows if isinstance(row, dict)]


def _explain(suite: Suite, one: Expectation, found: Mapping[str, Any], shops: Mapping[str, str]) -> str:
    """What was found, with the first rows: 'marts.sales.days, residual: Aurora (7495), sku_id 17: 0.01. Why ...'."""
    rows = found.get("partial_unexpected_index_list") or []
    texts = []
    for row in rows[:3]:
        if isinstance(row, dict):
            where = ", ".join(_where(key, row[key], shops) for key in suite.index if key in row)
            texts.append(f"{where}: {shown(row[one.subject])}" if one.subject in row else where)
    count = found.get("unexpected_count")
    if texts:
        text = "; ".join(texts) + (f"; {count} rows in all" if count and count > len(texts) else "")
    elif "observed_value" in found:
        text = f"found {shown(found['observed_value'])}"
    else:
        text = f"{count} of {found.get('element_count')} rows"
    return f"{suite.id}{f', {one.subject}' if one.subject else ''}: {text}. {one.why}"


def _where(key: str, value: Any, shops: Mapping[str, str]) -> str:
    return f"{shops[value]} ({value})" if key == KEY and value in shops else f"{key} {value}"


def _exception(info: Any) -> str:
    """The message of an exception, whose place differs: at the top for one, below the metric's name for several."""
    if not isinstance(info, Mapping):
        return ""
    if "raised_exception" in info:
        return (
            _first_line(info.get("exception_message") or "an exception") if info["raised_exception"] else ""
        )
    return next((text for inner in info.values() if (text := _exception(inner))), "")


def _first_line(error: object) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def counts(outcomes: Sequence[Outcome]) -> tuple[int, int]:
    """Checks that hold, and all checks."""
    return sum(outcome.passed for outcome in outcomes), len(outcomes)
