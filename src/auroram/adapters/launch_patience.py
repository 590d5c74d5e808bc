"""Asking a store that may have gone silent: a machine that loses its power closes no connection."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

from torch.distributed import DistError

Answer = TypeVar("Answer")


class Patience:
    """Waits so long for an answer, and for none at all once there was none.

    Torch waits for a store without a limit of time, and no signal ends its waiting: so a thread
    asks that may be left behind.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._is_silent = False

    def ask(self, question: Callable[[], Answer]) -> Answer:
        """What the store answers.

        Raises:
            DistError: where it is gone, or did not answer in time, now or before.
        """
        if self._is_silent:
            raise DistError("the store is silent")
        answer: Future[Answer] = Future()

        def wait() -> None:
            try:
                answer.set_result(question())
            except Exception as error:  # noqa: BLE001 -- raised where it was asked
                answer.set_exception(error)

        Thread(target=wait, daemon=True).start()
        try:
            return answer.result(self._seconds)
        except TimeoutError:
            self._is_silent = True
            raise DistError("the store is silent") from None
