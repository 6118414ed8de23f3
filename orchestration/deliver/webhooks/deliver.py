"""Tells every webhook the alerts that it was not told yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from home.errors import TtkpiError
from home.layout import Home
from ingestion.engine.wire import Notify, log_warning
from orchestration.deliver.webhooks.config import PLATFORMS
from orchestration.deliver.webhooks.ledger import Ledger, sending
from orchestration.deliver.webhooks.notices import Notice, find
from orchestration.deliver.webhooks.platform import TITLE, Platform, Webhook, WebhookRefused
from orchestration.deliver.webhooks.sender import Patience, Sender, utc_now

PATIENCE_SECONDS = 180.0
"""How long the command line waits for platforms before it leaves the rest for later."""
_REFUSALS = 3
"""So many in a row, and it is the webhook that is wrong, not a message."""
_THREADS = 8

Message = tuple[tuple[Notice, ...], str]
"""Alerts that leave together, and their text."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a webhook was told.

    Attributes:
        webhook: Which.
        delivered: Alerts that it took.
        messages: How many messages these were.
        waiting: Alerts that it still has to be told.
        problem: Why some wait; None when none does.
    """

    webhook: Webhook
    delivered: int
    messages: int
    waiting: int
    problem: TtkpiError | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a webhook would be told.

    Attributes:
        webhook: Which.
        messages: In their order.
        known: Open alerts that it knows already.
    """

    webhook: Webhook
    messages: tuple[Message, ...]
    known: int


def deliver(
    home: Home,
    hooks: Sequence[Webhook],
    *,
    patience: Patience | None = None,
    notify: Notify = log_warning,
) -> list[Outcome]:
    """Tell the webhooks what is new. One that is down keeps no other from hearing it.

    Args:
        home: Whose alerts, and where it is kept what was told.
        hooks: The webhooks.
        patience: How long it may take.
        notify: Is told why we wait; may be called from any thread.

    Raises:
        HomeBusy: Another process sends.
        CannotRead: The published file is damaged.
        RecordDamaged: A record is.
        StorageError: The home can't be written.
    """
    if not hooks:
        return []
    waits = patience or Patience(PATIENCE_SECONDS)
    with sending(home):
        ledger = Ledger(home)
        now = waits.now()
        found = find(home, now, closed=True).notices
        ledger.forget({one.told_as for one in found}, now)
        with ThreadPoolExecutor(min(len(hooks), _THREADS), thread_name_prefix="webhook") as threads:
            return list(
                threads.map(lambda plan: _deliver(plan, ledger, waits, notify), _plans(ledger, hooks, found))
            )


def preview(home: Home, hooks: Sequence[Webhook]) -> list[Plan]:
    """What `deliver` would do now. Writes nothing.

    Raises:
        CannotRead: The published file is damaged.
        RecordDamaged: A record is.
    """
    return list(_plans(Ledger(home), hooks, find(home, utc_now()).notices))


def _plans(ledger: Ledger, hooks: Sequence[Webhook], notices: Sequence[Notice]) -> Iterator[Plan]:
    for hook in hooks:
        known = ledger.delivered(hook.name)
        wanted = [one for one in notices if one.is_open and hook.wants(one)]
        new = [one for one in wanted if one.told_as not in known]
        yield Plan(hook, tuple(messages(PLATFORMS[hook.kind], new)), len(wanted) - len(new))


def _deliver(plan: Plan, ledger: Ledger, patience: Patience, notify: Notify) -> Outcome:
    hook = plan.webhook
    queue = deque(plan.messages)
    delivered = sent = refusals = 0
    waiting: int = sum(len(notices) for notices, _ in queue)
    problem: TtkpiError | None = None
    with Sender(hook, ledger, patience, notify=notify) as sender:
        while queue and refusals < _REFUSALS:
            notices, text = queue.popleft()
            try:
                sender.send(PLATFORMS[hook.kind].content(notices, text), notices[0].told_as)
                ledger.record_delivery(hook.name, [one.told_as for one in notices], patience.now())
            except WebhookRefused as error:
                # Perhaps it is one alert that the platform does not like: the others are told without it.
                problem, refusals = error, refusals + 1
                if len(notices) > 1:
                    alone = [list(messages(PLATFORMS[hook.kind], [one])) for one in notices]
                    queue.extendleft(reversed([message for part in alone for message in part]))
                continue
            except TtkpiError as error:
                problem = error
                break
            refusals = 0
            delivered, sent, waiting = delivered + len(notices), sent + 1, waiting - len(notices)
    return Outcome(hook, delivered, sent, waiting, problem if waiting else None)


def messages(platform: Platform, notices: Sequence[Notice]) -> Iterator[Message]:
    """Alerts as messages: as many together as the platform's length and a reader's patience allow."""
    pack: list[Notice] = []
    for notice in notices:
        if pack and (len(pack) == platform.max_notices or _size(_text([*pack, notice])) > platform.max_bytes):
            yield tuple(pack), _text(pack)
            pack = []
        pack.append(notice)
        if len(pack) == 1 and _size(_text(pack)) > platform.max_bytes:
            yield tuple(pack), _clipped(_text(pack), platform.max_bytes)
            pack = []
    if pack:
        yield tuple(pack), _text(pack)


def _text(notices: Sequence[Notice]) -> str:
    title = f"{TITLE} · {len(notices)} 条提醒 {'alert' if len(notices) == 1 else 'alerts'}"
    return "\n\n".join([title, *(one.as_text() for one in notices)])


def _size(text: str) -> int:
    return len(text.encode())


def _clipped(text: str, max_bytes: int) -> str:
    """The beginning of a text, with a mark, in so many bytes of UTF-8."""
    mark = "…"
    return text.encode()[: max_bytes - _size(mark)].decode(errors="ignore") + mark
