"""Texts on their way to a stream of lookups. A message costs more than a text, so each takes what is there by then."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator

from hunktrace.questions import LookupOptions, NamedText
from hunktrace.v1 import hunktrace_pb2

Text = str | bytes | os.PathLike[str] | NamedText

TEXTS_PER_MESSAGE = 32
"""Texts in a message, at most."""

BYTES_PER_MESSAGE = 256 << 10
"""Bytes of texts from which on a message is not made longer."""

BYTES_WAITING = 4 * BYTES_PER_MESSAGE
"""Bytes of texts that wait for being sent from which on no further text is taken."""


_Request = hunktrace_pb2.LookupRequest


def _filled_up(
    first: _Request, ready: queue.SimpleQueue[_Request | None] | asyncio.Queue[_Request | None]
) -> tuple[hunktrace_pb2.LookupManyRequest, int, bool]:
    """A message of a text and of what is there behind it, the bytes of its texts, and whether nothing follows."""
    message, size = hunktrace_pb2.LookupManyRequest(texts=[first]), len(first.text)
    # Nobody else takes from the queue.
    while len(message.texts) < TEXTS_PER_MESSAGE and size < BYTES_PER_MESSAGE and not ready.empty():
        request = ready.get_nowait()
        if request is None:
            return message, size, True
        size += len(request.text)
        message.texts.append(request)
    return message, size, False


class Feed:
    """Reads texts in a thread of its own: one that lets wait for itself does not hold back those before it.

    At most `window` texts are under way: no more of them is taken than the answers that were counted allow.
    """

    def __init__(self, texts: Iterable[Text], options: LookupOptions, window: int) -> None:
        self._texts, self._options = texts, options
        self._room = threading.Semaphore(window)
        # Many at a time, or the thread that reads is woken for each.
        self._counted, self._counted_at_a_time = 0, max(1, window // 4)
        self._ready: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._bytes_waiting, self._bytes_taken = 0, threading.Condition()
        self._is_closed = False
        self.failure: BaseException | None = None
        """Why the texts ended early. It is raised behind the answers to what came before."""

    def messages(self) -> Iterator[hunktrace_pb2.LookupManyRequest]:
        """The texts, as they come."""
        threading.Thread(target=self._read, name="hunktrace-texts", daemon=True).start()
        request = self._ready.get()
        while request is not None:
            message, size, is_last = _filled_up(request, self._ready)
            with self._bytes_taken:
                self._bytes_waiting -= size
                self._bytes_taken.notify()
            yield message
            if is_last:
                return
            request = self._ready.get()

    def count_answer(self) -> None:
        """Counts an answer that is taken."""
        self._counted += 1
        if self._counted == self._counted_at_a_time:
            self._room.release(self._counted)
            self._counted = 0

    def close(self) -> None:
        """Takes no more texts."""
        with self._bytes_taken:
            self._is_closed = True
            self._bytes_taken.notify()
        self._room.release()
        self._ready.put(None)

    def _read(self) -> None:
        try:
            for text in self._texts:
                self._room.acquire()
                if self._is_closed:
                    return
                request = self._options.request(text)
                with self._bytes_taken:
                    self._bytes_taken.wait_for(lambda: self._is_closed or self._bytes_waiting < BYTES_WAITING)
                    self._bytes_waiting += len(request.text)
                self._ready.put(request)
        except BaseException as error:
            self.failure = error
        finally:
            self._ready.put(None)


class AsyncFeed:
    """The same for asyncio, with a task of its own."""

    def __init__(self, texts: Iterable[Text] | AsyncIterable[Text], options: LookupOptions, window: int) -> None:
        self._texts, self._options = texts, options
        self._room = asyncio.Semaphore(window)
        self._ready: asyncio.Queue[_Request | None] = asyncio.Queue()
        self._bytes_waiting, self._bytes_taken = 0, asyncio.Event()
        self._reading: asyncio.Task[None] | None = None
        self._is_closed = False
        self.failure: BaseException | None = None
        """Why the texts ended early. It is raised behind the answers to what came before."""

    async def messages(self) -> AsyncIterator[hunktrace_pb2.LookupManyRequest]:
        """The texts, as they come."""
        self._reading = asyncio.create_task(self._read())
        request = await self._ready.get()
        while request is not None:
            message, size, is_last = _filled_up(request, self._ready)
            self._bytes_waiting -= size
            self._bytes_taken.set()
            yield message
            if is_last:
                return
            request = await self._ready.get()

    def count_answer(self) -> None:
        """Counts an answer that is taken."""
        self._room.release()

    def close(self) -> None:
        """Takes no more texts."""
        self._is_closed = True
        if self._reading is not None:
            self._reading.cancel()

    async def _read(self) -> None:
        try:
            if isinstance(self._texts, AsyncIterable):
                async for text in self._texts:
                    await self._put(text)
            else:
                for text in self._texts:
                    await self._put(text)
        except BaseException as error:
            if self._is_closed:
                raise
            self.failure = error
        finally:
            self._ready.put_nowait(None)

    async def _put(self, text: Text) -> None:
        await self._room.acquire()
        request = self._options.request(text)
        while self._bytes_waiting >= BYTES_WAITING:
            self._bytes_taken.clear()
            await self._bytes_taken.wait()
        self._bytes_waiting += len(request.text)
        self._ready.put_nowait(request)
        # Texts that are there without waiting let those before them be sent all the same.
        await asyncio.sleep(0)
