"""A part of a page that a command writes: what stands between `<!-- NAME -->` and `<!-- /NAME -->`."""

from __future__ import annotations


class NoSuchPart(ValueError):
    """A page has not exactly one pair of the markers."""


def part_of(page: str, name: str) -> str:
    """What stands between the markers.

    Args:
        page: Text of the page.
        name: Name in the markers.

    Raises:
        NoSuchPart: The page has not exactly one pair of these markers.
    """
    first, end = _span(page, name)
    return page[first:end].strip("\n")


def with_part(page: str, name: str, content: str) -> str:
    """The page with other content between the markers.

    Args:
        page: Text of the page.
        name: Name in the markers.
        content: Markdown without the markers.

    Raises:
        NoSuchPart: The page has not exactly one pair of these markers.
    """
    first, end = _span(page, name)
    return f"{page[:first]}\n{content.strip()}\n{page[end:]}"


def _span(page: str, name: str) -> tuple[int, int]:
    """Where the content begins and ends."""
    begin, finish = f"<!-- {name} -->", f"<!-- /{name} -->"
    if page.count(begin) != 1 or page.count(finish) != 1 or page.index(begin) > page.index(finish):
        raise NoSuchPart(f"The page needs one {begin} and, below it, one {finish}.")
    return page.index(begin) + len(begin), page.index(finish)
