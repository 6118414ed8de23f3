"""The documents: generated parts are up to date, and what pages name exists.

After a wanted change: `make docs-pages`, then read the diff.
"""

from __future__ import annotations

import re
import shlex
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from orchestration.cli import cli
from orchestration.docs_pages.commands import command_reference
from orchestration.docs_pages.marts import MARTS, MartNotDescribed, read_marts
from orchestration.docs_pages.pages import DEMO, PICTURE, pages, with_transcript
from orchestration.docs_pages.parts import NoSuchPart, part_of, with_part
from orchestration.docs_pages.picture import NoTable, result_picture

ROOT = Path(__file__).parents[3]
FOLDERS = ("docs", "home", "ingestion", "sandbox", "orchestration", "benchmarks", "dashboards")
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md"))]
)
READMES = ("README.md", "README.zh-CN.md")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
DECISIONS = 304
"""So many decisions are on the two pages; a new one gets the next number."""


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# Generated parts


WRITTEN = pages()
"""Written once: all of it takes 1.4 s of CPU, and once for each of the 79 files was 110."""


@pytest.mark.parametrize("path", sorted(WRITTEN), ids=place)
def test_what_a_command_writes_is_up_to_date(path: Path) -> None:
    """Guards a command, an option or a mart that was changed and whose page was not."""
    assert path.is_file(), "run make docs-pages"
    assert text_of(path) == WRITTEN[path], f"{place(path)} is not up to date: run make docs-pages"


def test_a_part_stands_between_its_markers() -> None:
    page = "before\n<!-- x -->\nold\n<!-- /x -->\nafter\n"
    assert part_of(page, "x") == "old"
    assert with_part(page, "x", "\nnew\n") == "before\n<!-- x -->\nnew\n<!-- /x -->\nafter\n"


@pytest.mark.parametrize(
    "page",
    [
        "no markers",
        "<!-- x --> the end is missing",
        "<!-- /x --> the wrong way round <!-- x -->",
        "<!-- x -->a<!-- /x --><!-- x -->b<!-- /x -->",
    ],
)
def test_a_page_without_its_markers_is_refused(page: str) -> None:
    with pytest.raises(NoSuchPart, match="needs one <!-- x -->"):
        with_part(page, "x", "new")


# The table of marts


def test_the_table_of_marts_has_every_mart_and_no_other() -> None:
    """Guards a mart that nobody finds, and one that is named but was dropped."""
    rows = [
        [cell.strip() for cell in line.strip("| \n").split(" | ")]
        for line in text_of(ROOT / "docs" / "marts.md").splitlines()
        if re.match(r"\| `(kpi|fct|dim|ops)_", line)
    ]
    assert sorted(row[0].strip("`") for row in rows) == sorted(path.stem for path in MARTS.rglob("*.sql"))
    for row in rows:
        assert len(row) == 6 and all(row), row
        for cell in row[1:3]:
            english, _, chinese = cell.partition("<br>")
            assert english and not CHINESE.search(english.replace("刷单", "")), row
            assert chinese and CHINESE.search(chinese), row


def mart_in(
    folder: Path, *, domain: str = "sales", meta: str = "", description: str = "One row per shop."
) -> Path:
    place = folder / domain
    place.mkdir(parents=True)
    (place / "kpi_new.sql").write_text("select 1")
    meta = meta or "{owner: finance, question: 'How? · 如何？', grain_zh: 店铺, fresh: each run}"
    (place / "kpi_new.yml").write_text(
        f'models:\n  - name: kpi_new\n    description: "{description}"\n    config:\n      meta: {meta}\n',
        encoding="utf-8",
    )
    return folder


@pytest.mark.parametrize(
    ("description", "grain"),
    [
        ("One row per shop.", "shop"),
        (
            "One row per shop and day on which a sale was made. Rates must not be summed.",
            "shop and day on which a sale was made",
        ),
        ("One row per shop, KPI and age: how much is known.", "shop, KPI and age"),
        (
            "One row per order and SKU (an order may be split: merged by both), latest version.",
            "order and SKU (an order may be split: merged by both), latest version",
        ),
    ],
)
def test_the_grain_is_the_beginning_of_the_description(tmp_path: Path, description: str, grain: str) -> None:
    (mart,) = read_marts(mart_in(tmp_path, description=description))
    assert (mart.grain, mart.question, mart.question_zh, mart.clock) == (grain, "How?", "如何？", "")


@pytest.mark.parametrize(
    ("changed", "needs"),
    [
        (
            {"description": "A shop in a row."},
            "kpi_new.yml needs: description that begins with 'One row per'",
        ),
        ({"meta": "{owner: finance, grain_zh: 店铺, fresh: each run}"}, "meta.question"),
        ({"meta": "{owner: finance, question: How?, grain_zh: 店铺, fresh: each run}"}, "English · 中文"),
        ({"meta": "{question: 'How? · 如何？'}"}, "meta.owner, meta.grain_zh, meta.fresh"),
        ({"domain": "marketing"}, "marketing is no domain"),
    ],
)
def test_a_mart_that_is_not_described_is_named(tmp_path: Path, changed: dict[str, str], needs: str) -> None:
    with pytest.raises(MartNotDescribed, match=re.escape(needs)):
        read_marts(mart_in(tmp_path, **changed))


def test_a_mart_without_yaml_is_named(tmp_path: Path) -> None:
    (mart_in(tmp_path) / "sales" / "kpi_new.yml").unlink()
    with pytest.raises(MartNotDescribed, match=r"kpi_new\.sql has no kpi_new\.yml"):
        read_marts(tmp_path)


# The command reference


def commands(group: click.Group, path: str = "ttkpi") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def test_every_command_and_option_is_in_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    reference = command_reference()
    assert reference == command_reference()
    sections = dict(
        re.findall(r"^## `(ttkpi[^`]*)`\n\n```text\n(.*?)```", reference, re.DOTALL | re.MULTILINE)
    )
    known = dict(commands(cli))
    assert set(sections) == {"ttkpi", *known}
    for path, command in known.items():
        for option in command.params:
            if isinstance(option, click.Option):
                assert all(name in sections[path] for name in option.opts), f"{path}: {option.opts}"
    assert "--accept-fewer-rows  Publish although tables have lost rows." in sections["ttkpi run"]
    assert reference == part_of(text_of(ROOT / "docs" / "commands.md"), "commands")


# The picture


def test_the_picture_has_every_figure_of_the_table() -> None:
    transcript = part_of(text_of(DEMO), "demo")
    begin = transcript.index("Last 30 complete days")
    table = transcript[begin : transcript.index("\n", transcript.index(" All shops", begin))]
    drawn = [
        "".join(element.itertext()).replace("\xa0", " ")
        for element in ET.fromstring(text_of(PICTURE)).iter("{http://www.w3.org/2000/svg}text")
    ]
    for line in table.splitlines()[2:]:
        for cell in re.split(r"\s{2,}", line.strip()):
            assert not cell or cell in drawn, cell
    assert {"成交额", "退款率", "~1,520,486", "~1,113,672", "All shops"} <= set(drawn)


def test_the_picture_asks_no_server() -> None:
    assert re.findall(r"https?://[^\"' )]+", text_of(PICTURE)) == ["http://www.w3.org/2000/svg"]


def test_a_chinese_character_is_two_cells_wide() -> None:
    table = "Last 30 complete days\n\n shop      gmv\n 店铺   成交额\n Aurora  1,000\n All shops  1,000\n"
    texts = re.findall(r'textLength="([\d.]+)"[^>]*>([^<]+)<', result_picture(table))
    lengths = {text: float(length) for length, text in texts}
    # A cell is 12.2 units wide: 3 characters of two cells, then 5 of one cell.
    assert (lengths["成交额"], lengths["1,000"]) == (73.2, 61.0)


def test_a_transcript_without_the_table_is_refused() -> None:
    with pytest.raises(NoTable, match="Last 30 complete days"):
        result_picture("world       0 s  20,000 orders\nError: the sandbox did not start\n")


def test_another_run_s_output_takes_the_place_of_the_transcript() -> None:
    page = with_transcript(text_of(DEMO), "world 0 s\nAll shops   1\n\n")
    assert part_of(page, "demo") == "```text\nworld 0 s\nAll shops   1\n```"
    assert part_of(page, "demo-again") == part_of(text_of(DEMO), "demo-again")


# README


@pytest.mark.parametrize("name", READMES)
def test_the_readme_is_one_page(name: str) -> None:
    assert len(text_of(ROOT / name).splitlines()) <= 150


@pytest.mark.parametrize(("name", "language"), zip(READMES, ("question", "question_zh"), strict=True))
def test_ten_questions_are_those_of_their_marts(name: str, language: str) -> None:
    """Guards a question that a mart does not answer any more."""
    rows = re.findall(r"^\| (.+) \| `(kpi_\w+)` \|$", text_of(ROOT / name), re.MULTILINE)
    marts = {mart.name: getattr(mart, language) for mart in read_marts()}
    assert len(rows) == 10
    assert rows == [(marts[mart], mart) for _, mart in rows]


def test_the_readmes_have_one_shape() -> None:
    english, chinese = (text_of(ROOT / name) for name in READMES)

    def shape(page: str) -> list[str]:
        return re.findall(r"^#+ |^```\w+|^ttkpi [\w-]+|^make [\w-]+|^\| .*(`kpi_\w+`)", page, re.MULTILINE)

    assert shape(english) == shape(chinese)
    assert english.count("\n## ") == chinese.count("\n## ") == 7


# What pages name


def anchors(page: str) -> set[str]:
    """Names that GitHub gives to the headings."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=place)
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(path)):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        if not there.exists() or (anchor and anchor not in anchors(text_of(there))):
            broken.append(target)
    assert not broken


def test_every_page_is_in_the_index() -> None:
    index = text_of(ROOT / "docs" / "README.md")
    pages_there = {page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages_there if f"({page})" not in index} == {"README.md"}


def code_of(page: str) -> Iterator[str]:
    """Lines of code blocks, and code within sentences."""
    blocks = re.compile(r"^\s*```.*?^\s*```", re.DOTALL | re.MULTILINE)
    for block in blocks.findall(page):
        yield from block.splitlines()
    yield from re.findall(r"`([^`\n]+)`", blocks.sub("", page))


def trouble_with(words: list[str]) -> str | None:
    """What is wrong with the words behind `ttkpi`; None if they are a command with its options."""
    command: click.Command = cli
    options = {name for param in cli.params for name in param.opts} | {"--help", "-h"}
    for word in words:
        if word.startswith("--"):
            if word.partition("=")[0] not in options:
                return f"no option {word}"
        elif isinstance(command, click.Group) and re.fullmatch(r"[a-z][a-z-]*", word):
            if word not in command.commands:
                return f"no command {word}"
            command = command.commands[word]
            options = {name for param in command.params for name in param.opts} | {"--help", "-h"}
    return None


@pytest.mark.parametrize("path", DOCUMENTS, ids=place)
def test_commands_on_pages_exist(path: Path) -> None:
    """Guards a command that a reader types and that is gone or was renamed."""
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    wrong = []
    for code in code_of(text_of(path)):
        for found in re.findall(r"(?<![\w.-])ttkpi +([^#&|;\n`]+)", code):
            try:
                words = shlex.split(found.replace("'", ""))
            except ValueError:
                words = found.split()
            if trouble := trouble_with(words):
                wrong.append(f"{code.strip()}: {trouble}")
        wrong += [
            f"make {name}: no such target"
            for name in re.findall(r"\bmake ([a-z][a-z-]+)", code)
            if name not in targets
        ]
        wrong += [
            f"{name}: no such file"
            for name in re.findall(r"\bseeds/[\w/-]+\.csv", code)
            if not (ROOT / name).is_file()
        ]
    assert not wrong


@pytest.mark.parametrize(
    ("words", "trouble"),
    [
        (["run", "--full-refresh"], None),
        (["alerts", "send", "--dry-run"], None),
        (["freeze", "MONTH"], None),
        (["ship", "--all"], "no command ship"),
        (["auth", "facebook"], "no command facebook"),
        (["run", "--gaps"], "no option --gaps"),
    ],
)
def test_a_wrong_command_is_seen(words: list[str], trouble: str | None) -> None:
    assert trouble_with(words) == trouble


@pytest.mark.parametrize("path", DOCUMENTS, ids=place)
def test_commands_are_written_as_a_user_types_them(path: Path) -> None:
    """`ttkpi` is on the PATH once the environment is active; only where that is said, and in cron, stands its path."""
    if place(path) in ("docs/commands.md", "docs/schedules.md"):
        return
    assert "bin/ttkpi" not in text_of(path)


# Decisions


def test_every_decision_stands_on_one_page_under_its_number() -> None:
    """Guards a decision that was lost or numbered twice: code and people refer to the number."""
    numbers = [
        int(number)
        for name in ("definitions", "design")
        for number in re.findall(
            r"^\*\*(\d+) · ", text_of(ROOT / "docs" / "decisions" / f"{name}.md"), re.MULTILINE
        )
    ]
    assert sorted(numbers) == list(range(1, DECISIONS + 1))
