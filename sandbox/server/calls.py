"""What an endpoint is given and what it gives: the call, its parameters, the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import orjson

from sandbox.server.refusal import bad_request
from sandbox.world.store import Shop

if TYPE_CHECKING:
    from sandbox.server.sandbox import Sandbox

Order = Literal["ASC", "DESC"]
TimeField = Literal["create_time", "update_time"]
_Choice = TypeVar("_Choice", bound=str)


def choice(name: str, value: str, choices: Sequence[_Choice]) -> _Choice:
    """The member of `choices` that a parameter names.

    Raises:
        Refusal: 36009004, with the choices.
    """
    for known in choices:
        if value == known:
            return known
    raise bad_request(f"Invalid parameter: {name} must be one of {', '.join(choices)}")


class Query:
    """The query parameters of a call, decoded. Every method refuses unusable values with 36009004."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for key, value in pairs:
            self._values.setdefault(key, []).append(value)

    def text(self, name: str) -> str | None:
        """The value of a parameter; None when it is absent or empty."""
        values = self._values.get(name)
        return values[0] or None if values else None

    def required(self, name: str) -> str:
        """The value of a parameter that has to be there."""
        value = self.text(name)
        if value is None:
            raise bad_request(f"Invalid parameter: {name} is required")
        return value

    def integer(self, name: str) -> int | None:
        """A whole number."""
        value = self.text(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit()):
            raise bad_request(f"Invalid parameter: {name} must be an integer")
        return int(value)

    def page_size(self, minimum: int, maximum: int, default: int | None) -> int:
        """The page size within its limits; without a default it is required."""
        size = self.integer("page_size")
        if size is None:
            if default is None:
                raise bad_request("Invalid parameter: page_size is required")
            return default
        if not minimum <= size <= maximum:
            raise bad_request(f"Invalid parameter: page_size must be between {minimum} and {maximum}")
        return size

    def order(self, default: Order) -> Order:
        """The direction of sorting."""
        return choice("sort_order", self.text("sort_order") or default, get_args(Order))

    def items(self, name: str, maximum: int) -> list[str]:
        """A list, comma-joined in one value or as a repeated parameter; at least one element."""
        found = [item for value in self._values.get(name, []) for item in value.split(",") if item]
        if not found:
            raise bad_request(f"Invalid parameter: {name} is required")
        if len(found) > maximum:
            raise bad_request(
                f"Invalid parameter: {name} holds {len(found)} values, at most {maximum} are allowed"
            )
        return found

    def day(self, name: str) -> date:
        """A date, YYYY-MM-DD, that has to be there."""
        return as_day(name, self.required(name))


def as_day(name: str, value: str) -> date:
    """A date from a parameter.

    Raises:
        Refusal: 36009004.
    """
    try:
        if len(value) == len("YYYY-MM-DD"):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise bad_request(f"Invalid parameter: {name} must be a date in the form YYYY-MM-DD")


class Body:
    """The JSON body of a call. Every method refuses unusable values with 36009004."""

    def __init__(self, raw: bytes) -> None:
        try:
            parsed = orjson.loads(raw) if raw else {}
        except orjson.JSONDecodeError as error:
            raise bad_request("Invalid parameter: the body is not JSON") from error
        if not isinstance(parsed, dict):
            raise bad_request("Invalid parameter: the body must be a JSON object")
        self._values: dict[str, Any] = parsed

    def integer(self, name: str) -> int | None:
        """A whole number, not a text."""
        value = self._values.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise bad_request(f"Invalid parameter: {name} must be an integer")

    def text(self, name: str) -> str | None:
        """A text; None when it is absent or empty."""
        value = self._values.get(name)
        if value is None or isinstance(value, str):
            return value or None
        raise bad_request(f"Invalid parameter: {name} must be a string")

    def texts(self, name: str, maximum: int | None = None) -> list[str] | None:
        """A list of texts; None when it is absent or empty."""
        value = self._values.get(name)
        if value is None or value == []:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise bad_request(f"Invalid parameter: {name} must be an array of strings")
        if maximum is not None and len(value) > maximum:
            raise bad_request(
                f"Invalid parameter: {name} holds {len(value)} values, at most {maximum} are allowed"
            )
        return value

    def refuse(self, *names: str) -> None:
        """Filters of the real API that this sandbox does not have: refused, never silently ignored."""
        for name in names:
            if self._values.get(name) not in (None, "", []):
                raise bad_request(f"Invalid parameter: the sandbox has no filter {name}")


@dataclass(slots=True)
class Answer:
    """What an endpoint gives.

    Attributes:
        data: JSON object for the envelope, in pieces.
        rows: Elements of the list in it.
    """

    data: Sequence[bytes]
    rows: int


@dataclass(slots=True)
class Call:
    """A call that was let through.

    Attributes:
        sandbox: The world and everything around it.
        endpoint: What was called.
        shop: Whose data; None for the endpoints without a cipher.
        shop_ids: All shops of the grant.
        open_id: Whose token it was.
        path: Values of the placeholders of the path.
        query: Query parameters.
        body: JSON body.
        now: The world's clock, the same for the whole call.
        page_fault: Effect (see `faults`) that the page token of the answer is to show; empty for none.
        page_fault_done: Whether it could.
    """

    sandbox: Sandbox
    endpoint: Endpoint
    shop: Shop | None
    shop_ids: tuple[str, ...]
    open_id: str
    path: dict[str, str]
    query: Query
    body: Body
    now: int
    page_fault: str = ""
    page_fault_done: bool = False

    def owner(self) -> Shop:
        """The shop, for endpoints that have one."""
        if self.shop is None:
            raise TypeError(f"{self.endpoint.name} was declared without a shop")
        return self.shop


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of the API.

    Attributes:
        name: Short name, for counters and faults.
        method: GET or POST.
        path: Path with `{placeholders}`.
        scope: Scope it needs; empty for none.
        handler: Makes the answer.
        cipher: Whether it wants a shop cipher.
        list_path: Where in the data its list is; empty when there is none.
        for_creators: Whether it wants the token of a creator instead of a seller's.
    """

    name: str
    method: Literal["GET", "POST"]
    path: str
    scope: str
    handler: Callable[[Call], Answer] = field(repr=False)
    cipher: bool = True
    list_path: str = ""
    for_creators: bool = False
