"""Each webhook that wants a report gets it once; a report whose numbers are late says so, once, and comes later.

What was sent is remembered in the same ledger as alerts (`webhooks.json`), under kind, period and audience: a report
that is made anew from a later publication does not come twice. As with alerts, a kill between the platform's answer
and the note sends a report again rather than never. The picture is a message of its own after the report, remembered
by itself: a picture that fails takes no report away, and comes with the next run, without the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from home.demo_home import is_demo_home
from home.errors import TtkpiError
from home.layout import Home
from ingestion.engine.wire import Notify, log_warning
from orchestration.deliver.report.cards import Card, as_demo, card_of
from orchestration.deliver.report.content import write_report
from orchestration.deliver.report.page import as_html
from orchestration.deliver.report.parts import Report
from orchestration.deliver.report.period import Period
from orchestration.deliver.report.picture import drawn
from orchestration.deliver.webhooks.deliver import PATIENCE_SECONDS
from orchestration.deliver.webhooks.ledger import Ledger, sending
from orchestration.deliver.webhooks.pictures import picture_message
from orchestration.deliver.webhooks.platform import Webhook
from orchestration.deliver.webhooks.sender import Patience, Sender
from orchestration.metrics.source import published

_PICTURE = "/picture"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a report at a webhook.

    Attributes:
        webhook: Which.
        is_new: It was sent now, or would be.
        is_late: It says that the numbers are late; the report is still to come.
        card: What was sent; None when it was known.
        problem: Why it was not taken; None when it was.
        is_picture: It is about the picture of the report, which is a message of its own.
    """

    webhook: Webhook
    is_new: bool
    is_late: bool
    card: Card | None = None
    problem: TtkpiError | None = None
    is_picture: bool = False


def wanting(hooks: Sequence[Webhook], kind: str, audience: str | None = None) -> tuple[Webhook, ...]:
    """The webhooks that get reports of a kind; of one audience, or of all."""
    return tuple(
        hook for hook in hooks if kind in hook.reports and (audience is None or hook.audience == audience)
    )


def made(home: Home, period: Period, audience: str, *, ledger: Ledger | None = None) -> Report:
    """The report of a period from the published file of an audience.

    Raises:
        NoMetrics: Nothing is published, or not for the audience.
        NothingToReport: The file has no shop.
        CannotRead: The file is damaged.
    """
    last = (ledger or Ledger(home)).sent_at(_name(period.previous(), audience))
    with published(home, audience) as file:
        return write_report(file, period, restated_after=last)


def still_to_send(home: Home, hooks: Sequence[Webhook], period: Period) -> tuple[Webhook, ...]:
    """The webhooks that do not have the report of a period, or its picture, yet. Reads no published file."""
    ledger = Ledger(home)
    return tuple(hook for hook in hooks if not _wanted(hook, period) <= ledger.delivered(hook.name))


def was_reported_late(home: Home, hook: Webhook, period: Period) -> bool:
    """Whether a webhook was told that the numbers of a period are late."""
    return f"{_name(period, hook.audience)}/late" in Ledger(home).delivered(hook.name)


def send_reports(
    home: Home,
    hooks: Sequence[Webhook],
    period: Period,
    *,
    dry_run: bool = False,
    patience: Patience | None = None,
    notify: Notify = log_warning,
) -> list[Sent]:
    """Send the report of a period to the webhooks that do not have it yet.

    Args:
        home: Whose report.
        hooks: Who wants it.
        period: Which days.
        dry_run: Make what would be sent, and send and note nothing.
        patience: How long it may take.
        notify: Is told why we wait.

    Raises:
        HomeBusy: Another process sends.
        RecordDamaged: What was sent is not known.
        StorageError: The home can't be written.
    """
    if dry_run:
        return list(_all(home, Ledger(home), hooks, period, None, notify))
    with sending(home):
        return list(_all(home, Ledger(home), hooks, period, patience or Patience(PATIENCE_SECONDS), notify))


def _all(
    home: Home,
    ledger: Ledger,
    hooks: Sequence[Webhook],
    period: Period,
    patience: Patience | None,
    notify: Notify,
) -> Iterator[Sent]:
    reports: dict[str, Report | TtkpiError] = {}
    pictures: dict[tuple[str, str], bytes | TtkpiError] = {}
    is_demo = is_demo_home(home)
    for hook in hooks:
        known = ledger.delivered(hook.name)
        name = _name(period, hook.audience)
        if _wanted(hook, period) <= known:
            yield Sent(hook, is_new=False, is_late=False)
            continue
        if hook.audience not in reports:
            try:
                reports[hook.audience] = made(home, period, hook.audience, ledger=ledger)
            except TtkpiError as error:
                # An audience without a file keeps no other from its report.
                reports[hook.audience] = error
        report = reports[hook.audience]
        if isinstance(report, TtkpiError):
            yield Sent(hook, is_new=True, is_late=False, problem=report)
            continue
        if name not in known:
            note = name + ("/late" if report.is_late else "")
            if note in known:
                yield Sent(hook, is_new=False, is_late=True)
                continue
            card = card_of(hook.kind, report, hook.lang, is_demo=is_demo)
            problem = None
            if patience is not None:
                problem = _send(hook, ledger, patience, notify, partial(dict, card), note)
            yield Sent(hook, is_new=True, is_late=report.is_late, card=card, problem=problem)
            if problem is not None:
                continue
        if hook.picture and not report.is_late:
            shown = as_demo(report) if is_demo else report
            yield _picture(hook, ledger, patience, notify, shown, pictures, name)


def _picture(
    hook: Webhook,
    ledger: Ledger,
    patience: Patience | None,
    notify: Notify,
    report: Report,
    pictures: dict[tuple[str, str], bytes | TtkpiError],
    name: str,
) -> Sent:
    """Send the picture of a report; each page is drawn once, whoever gets it."""
    if patience is None:
        return Sent(hook, is_new=True, is_late=False, is_picture=True)
    which = (hook.audience, hook.lang)
    if which not in pictures:
        try:
            pictures[which] = drawn(as_html(report, hook.lang))
        except TtkpiError as error:
            pictures[which] = error
    picture = pictures[which]
    if isinstance(picture, TtkpiError):
        problem: TtkpiError | None = picture
    else:
        problem = _send(
            hook,
            ledger,
            patience,
            notify,
            lambda: picture_message(hook, picture, patience, notify=notify),
            name + _PICTURE,
        )
    return Sent(hook, is_new=True, is_late=False, problem=problem, is_picture=True)


def _send(
    hook: Webhook,
    ledger: Ledger,
    patience: Patience,
    notify: Notify,
    content: Callable[[], Card],
    name: str,
) -> TtkpiError | None:
    try:
        with Sender(hook, ledger, patience, notify=notify) as sender:
            sender.send(content(), name)
        ledger.record_delivery(hook.name, [name], patience.now())
    except TtkpiError as error:
        return error
    return None


def _wanted(hook: Webhook, period: Period) -> set[str]:
    """What a webhook has to have of a period."""
    name = _name(period, hook.audience)
    return {name, name + _PICTURE} if hook.picture else {name}


def _name(period: Period, audience: str) -> str:
    """Under what it is remembered that a report was sent."""
    return f"report/{period.kind}/{period.name}/{audience or 'all'}"
