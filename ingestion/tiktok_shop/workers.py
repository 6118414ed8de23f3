"""Syncs shops side by side: one worker process per shop, so that parsing and typing use all cores.

Whatever goes wrong with one shop stays with that shop.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.queues import Queue

from home.config import ShopApiConfig
from home.errors import TtkpiError
from home.layout import Home
from ingestion.engine.pipelines import configure_dlt
from ingestion.engine.processes import end_with_parent
from ingestion.engine.progress import Progress
from ingestion.engine.units import OnPage, ShopOutcome, failed, outcome_of
from ingestion.engine.wire import Notify
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.client import ShopClient
from ingestion.tiktok_shop.reading import Resource
from ingestion.tiktok_shop.resources import CATALOGUE
from ingestion.tiktok_shop.shop_sync import ShopJob, sync_shop
from ingestion.tiktok_shop.tokens import TokenStore

_Event = tuple[str, str, str, int]
_events: Queue[_Event | None] | None = None
_client: ShopClient | None = None


def connect(home: Home, config: ShopApiConfig, notify: Notify) -> tuple[TokenStore, ShopClient]:
    """The sellers' tokens, and a client that uses and renews them.

    Args:
        home: Where the tokens are.
        config: Where the API is.
        notify: Receives a line whenever a call waits to be tried again.
    """
    tokens = TokenStore(home.tokens_file, AuthHost(config, notify=notify), notify=notify)
    return tokens, ShopClient(config, tokens, notify=notify)


def sync_shops(
    jobs: list[ShopJob], client: ShopClient, config: ShopApiConfig, progress: Progress
) -> Iterator[ShopOutcome]:
    """Runs the jobs, in worker processes if there are several; yields each outcome as it comes.

    Args:
        jobs: One per shop.
        client: Talks to the API; worker processes make their own.
        config: How many shops are synced at the same time.
        progress: Receives shops that begin, and pages.
    """
    workers = min(len(jobs), config.shop_workers, os.cpu_count() or 1)
    if workers <= 1:
        for job in jobs:
            progress.shop_started(job.shop.shop_id, job.shop.name)
            yield _work(job, client, progress.page)
        return
    with _pool(workers, progress) as pool:
        futures: dict[Future[ShopOutcome], ShopJob] = {
            pool.submit(_work_in_process, job): job for job in jobs
        }
        for future in as_completed(futures):
            try:
                outcome = future.result()
            except BrokenProcessPool:
                outcome = _lost(futures[future])
            yield outcome


def _work(job: ShopJob, client: ShopClient, on_page: OnPage) -> ShopOutcome:
    resources = _resources(job)
    return outcome_of(
        lambda: sync_shop(job, client, resources, on_page), job.home, job.run_id, job.shop.shop_id, resources
    )


def _resources(job: ShopJob) -> list[Resource]:
    return [CATALOGUE.by_name[name] for name in job.resources]


def _lost(job: ShopJob) -> ShopOutcome:
    error = TtkpiError(
        f"A worker process ended while shop {job.shop.name} was being synced.",
        advice="Usually memory ran out. Run again: it continues where this stopped.",
    )
    return failed(job.run_id, job.shop.shop_id, _resources(job), error)


@contextmanager
def _pool(workers: int, progress: Progress) -> Iterator[Executor]:
    """Worker processes whose news reaches `progress`, and that end at once when this process is interrupted."""
    context = multiprocessing.get_context("spawn")
    events: Queue[_Event | None] = context.Queue()
    stop, stopper = context.Pipe(duplex=False)
    listener = threading.Thread(target=_listen, args=(events, progress), name="progress", daemon=True)
    listener.start()
    try:
        with ProcessPoolExecutor(
            workers, mp_context=context, initializer=_start_worker, initargs=(events, stop)
        ) as pool:
            try:
                yield pool
            except BaseException:
                # The pool can't take back what it has handed out, and would wait for it. A worker that ends while it
                # writes keeps the lock of the queue: nothing here may wait for that either.
                events.cancel_join_thread()
                stopper.close()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    finally:
        stop.close()
        stopper.close()
        events.put(None)
        listener.join(timeout=10)
        events.close()


def _listen(events: Queue[_Event | None], progress: Progress) -> None:
    while (event := events.get()) is not None:
        kind, shop_key, text, rows = event
        if kind == "page":
            progress.page(shop_key, text, rows)
        elif kind == "shop":
            progress.shop_started(shop_key, text)
        else:
            progress.message(text)


def _start_worker(events: Queue[_Event | None], stop: Connection) -> None:
    global _events
    _events = events
    end_with_parent(stop)


def _work_in_process(job: ShopJob) -> ShopOutcome:
    global _client
    configure_dlt()
    _send_event("shop", job.shop.shop_id, job.shop.name, 0)
    if _client is None:
        # One for all shops of this worker: a connection pool and its certificates are slow to make.
        _, _client = connect(job.home, job.config, lambda text: _send_event("message", "", text, 0))
    return _work(job, _client, lambda shop_key, resource, rows: _send_event("page", shop_key, resource, rows))


def _send_event(kind: str, shop_key: str, text: str, rows: int) -> None:
    if _events is not None:
        try:
            _events.put_nowait((kind, shop_key, text, rows))
        except queue.Full:
            return
