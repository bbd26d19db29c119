"""Worker processes that read and draw the next clips while the training takes its steps."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

import torch
from torch.utils.data import DataLoader, Dataset

from examples.vid2vid.clips import Clip, Reading
from examples.vid2vid.distributed import end_with_parent


class ReadAhead:
    """Reads the next batches of clips in worker processes.

    The batches are numbered. Which frames a batch has and how it is drawn follows from its number
    and from the stage of the growth alone, so that it is the same with any number of workers; the
    next ones are expected at the stage of the last, and read again where that was wrong.

    Args:
        read: returns the clips of a `Reading`; it runs in the workers.
        workers: number of processes, each of which is one batch ahead.
        seed: of the workers.
    """

    def __init__(self, read: Callable[[Reading], Clip], *, workers: int, seed: int) -> None:
        self._expected: Iterator[Reading] = iter(())
        self._asked: deque[Reading] = deque()
        self._loader = DataLoader(
            _Readings(read),
            sampler=self,  # asks for one `Reading` after the other
            batch_size=None,
            collate_fn=_as_it_is,
            num_workers=workers,
            prefetch_factor=1,
            worker_init_fn=_begin_worker,
            # from its own generator, so that the random numbers of the training stay as they are
            generator=torch.Generator().manual_seed(seed),
        )
        self._results: Any = None
        self._processes: list[BaseProcess] = []

    def __iter__(self) -> Iterator[Reading]:
        """Iterate without end over what the workers shall read."""
        while True:
            self._asked.append(next(self._expected))
            yield self._asked[-1]

    def load(self, reading: Reading, following: Iterator[Reading]) -> Clip:
        """Return the clips of ``reading``; wait for them if they are not there yet.

        Args:
            reading: what to read.
            following: what is expected after it, without end.

        Raises:
            OSError, ValueError: as reading in this process; or a worker has died.
        """
        if self._results is None or not any(_is_same(each, reading) for each in self._asked):
            self._expected = _first_then(reading, following)
        try:
            if self._results is None:
                others = active_children()
                self._results = iter(self._loader)
                self._processes = [each for each in active_children() if each not in others]
            while True:
                result, read = next(self._results), self._asked.popleft()
                if _is_same(read, reading):
                    break
        except RuntimeError as error:
            raise explain(error) from error
        if isinstance(result, _Failure):
            raise result.kind(result.text)
        return result

    def close(self) -> None:
        """End the workers, also if an exception has a hold of their iterator."""
        if self._results is None:
            return
        self._results._shutdown_workers()  # noqa: SLF001 -- which its end alone would call
        self._results = None
        for process in self._processes:  # one that a disk holds up
            if process.is_alive():
                process.kill()


def explain(error: RuntimeError) -> Exception:
    """Return an OSError in place of the one that `DataLoader` raises where a worker has died."""
    text = " ".join(str(error).split())
    if "DataLoader worker" not in text:
        return error
    return OSError(
        f"a worker process that reads the data has died ({text}); use fewer --workers if there "
        "was too little memory, or --workers 0, and go on with --resume auto"
    )


class _Failure(NamedTuple):
    """What went wrong in a worker; `DataLoader` would add the traceback to the message."""

    kind: type[OSError | ValueError]
    text: str


class _Readings(Dataset["Clip | _Failure"]):
    def __init__(self, read: Callable[[Reading], Clip]) -> None:
        self._read = read

    def __getitem__(self, reading: Reading) -> Clip | _Failure:
        try:
            return self._read(reading)
        except OSError as error:
            return _Failure(OSError, str(error))
        except ValueError as error:
            return _Failure(ValueError, str(error))


def _begin_worker(_: int) -> None:
    """Leave signals to the training, which ends its workers, and end with it."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    end_with_parent()


def _as_it_is(value: Clip | _Failure) -> Clip | _Failure:
    return value


def _first_then(reading: Reading, following: Iterator[Reading]) -> Iterator[Reading]:
    yield reading
    yield from following


def _is_same(one: Reading, other: Reading) -> bool:
    """Return whether two readings are the same; the rest follows from these."""
    return (one.number, one.frames, one.halvings) == (other.number, other.frames, other.halvings)
