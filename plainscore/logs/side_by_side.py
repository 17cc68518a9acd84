"""Work on items in several threads, in bounded memory, with results in the order of the items."""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Queue
from threading import Event
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


def work_in_order(
    items: Iterable[T], work: Callable[[T], R], threads: int
) -> Generator[R, None, None]:
    """Yield ``work(item)`` of every item, in order.

    ``items`` are drawn in a thread of their own, so that reading, working and what the caller does
    with the results go on at the same time. At most ``threads`` + 2 items are under way. What
    ``items`` or ``work`` raise is raised here, in its place.
    """
    waiting: Queue[Future[R] | None] = Queue(threads + 1)
    is_over = Event()

    def draw() -> None:
        try:
            for item in items:
                if is_over.is_set():
                    break
                waiting.put(pool.submit(work, item))
        except BaseException as error:
            failed: Future[R] = Future()
            failed.set_exception(error)
            waiting.put(failed)
        waiting.put(None)

    future: Future[R] | None = None
    with ThreadPoolExecutor(threads) as pool, ThreadPoolExecutor(1) as reader:
        reader.submit(draw)
        try:
            while (future := waiting.get()) is not None:
                yield future.result()
        finally:
            is_over.set()
            while future is not None:  # so that nobody waits for a place in the queue
                future = waiting.get()


class WorkBehind:
    """One piece of work at a time that goes on behind its caller, in a thread of its own."""

    def __init__(self) -> None:
        self._working: Future[Any] | None = None

    def begin(self, work: Callable[..., object], *given: object) -> None:
        """Begin ``work(*given)`` once the work before it has ended; raises what that raised."""
        self.wait()
        thread = ThreadPoolExecutor(1)
        self._working = thread.submit(work, *given)
        thread.shutdown(wait=False)

    def wait(self) -> None:
        """Wait for the end of the work; raises what it raised."""
        working, self._working = self._working, None
        if working is not None:
            working.result()

    def abandon(self) -> None:
        """Wait for the end of the work, whatever becomes of it."""
        working, self._working = self._working, None
        if working is not None:
            working.exception()
