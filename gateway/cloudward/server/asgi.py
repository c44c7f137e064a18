"""The ASGI application: reads requests whole, runs the chain, waits for durability, sends answers."""

from __future__ import annotations

import asyncio
import functools
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from rolo import Response

from cloudward.errors import PluginError, RequestTooLarge
from cloudward.handlers.call import to_rolo
from cloudward.protocols import WireRequest, WireResponse
from cloudward.server.cors import Cors
from cloudward.server.internal import EVENT_STREAM, Stream, as_response, json_response
from cloudward.state import StorageError

if TYPE_CHECKING:
    from cloudward.app import App
    from cloudward.handlers import Call

LOG = logging.getLogger("cloudward.server")

_THREADS = 32
_WITHOUT_BODY = frozenset({204, 304})
_OF_BODIES = frozenset({b"content-length", b"transfer-encoding"})
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class _ClientGoneError(Exception):
    """The client closed the connection before its request was complete."""


class AsgiApp:
    """Serves an app over ASGI 3.

    Args:
        app: the app.

    Attributes:
        failure: why the app could not be started up.
    """

    def __init__(self, app: App) -> None:
        self.failure: PluginError | None = None
        self._app = app
        self._cors = Cors(app.config.cors_origins)
        self._limit = app.config.max_body_size
        self._streams: set[asyncio.Future[None]] = set()
        # Apart, because a handler may wait for one of the gateway's own routes, the keys of an issuer for instance.
        self._call_threads = ThreadPoolExecutor(_THREADS, "cloudward-call")
        self._route_threads = ThreadPoolExecutor(_THREADS, "cloudward-route")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection.

        Args:
            scope: the connection.
            receive: brings its messages.
            send: takes the answer's messages.
        """
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1003})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    self._app.startup()
                except PluginError as error:
                    self.failure = error
                    self._app.shutdown()
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            else:
                self._app.shutdown()
                self._call_threads.shutdown(wait=False)
                self._route_threads.shutdown(wait=False)
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        wire = WireRequest(
            scope["method"],
            scope["raw_path"].decode("latin-1"),
            scope["query_string"].decode("latin-1"),
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
            b"",
            client[0] if client else "",
            scope["scheme"],
        )
        headers = wire.headers
        try:
            wire.body, whole = await self._read(receive, headers)
        except _ClientGoneError:
            return
        internal = self._app.internal.owns(wire.raw_path)
        extra = []
        if internal or "origin" in headers or "sec-fetch-site" in headers:
            refusal = self._cors.refuse(wire, internal=internal)
            if refusal is not None:
                await _send(send, wire, refusal, [])
                return
            if "origin" in headers:
                extra = self._cors.headers(wire)
        if not whole:
            extra.append(("connection", "close"))
        if internal:
            await self._internal(wire, whole, receive, send, extra)
            return
        call = self._app.call(wire)
        if not whole:
            call.refusal = RequestTooLarge(f"The request body is larger than {self._limit} bytes.")
        if self._app.waits(call):
            await asyncio.get_running_loop().run_in_executor(self._call_threads, self._app.chain.answer, call)
        else:
            self._app.chain.answer(call)
        # Here and not in the thread, so that whoever observes calls is never called twice at a time.
        self._app.chain.observe(call)
        await self._answer(call, receive, send, extra)

    async def _answer(self, call: Call, receive: Receive, send: Send, extra: list[tuple[str, str]]) -> None:
        if call.durable is not None:
            try:
                await call.durable
            except StorageError as error:
                self._app.chain.fail(call, error)
        response = call.response
        assert response is not None
        if isinstance(response.body, bytes) or call.wire.method == "HEAD":
            await _send(send, call.wire, response, extra)
        else:
            await self._stream(call.wire, response, receive, send, extra)

    async def _read(self, receive: Receive, headers: Mapping[str, str]) -> tuple[bytes, bool]:
        """Return the body, and whether it is all of it: what goes over the limit is read and dropped."""
        announced = int(headers.get("content-length", 0))  # the parser refused what is no number
        if announced > self._limit and ("expect" in headers or announced > 2 * self._limit):
            return b"", False
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGoneError
        body: bytes = message.get("body", b"")
        if not message.get("more_body"):
            return body, len(body) <= self._limit
        chunks = [body]
        size = len(body)
        while message.get("more_body"):
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _ClientGoneError
            chunk = message.get("body", b"")
            size += len(chunk)
            if size <= self._limit:
                chunks.append(chunk)
            elif size > 2 * self._limit:
                # Whoever sends that much is not owed a proper reading; the answer closes the connection.
                return b"".join(chunks), False
        return b"".join(chunks), size <= self._limit

    async def _internal(
        self, wire: WireRequest, whole: bool, receive: Receive, send: Send, extra: list[tuple[str, str]]
    ) -> None:
        if not whole:
            refusal = json_response({"error": f"the request body is larger than {self._limit} bytes"}, 413)
            await _send(send, wire, from_rolo(refusal), extra)
            return
        request = to_rolo(wire)
        found = self._app.internal.match(request)
        if isinstance(found, Response):
            await _send(send, wire, from_rolo(found), extra)
            return
        route, arguments = found
        try:
            if route.blocking:
                loop = asyncio.get_running_loop()
                endpoint = functools.partial(route.endpoint, request, **arguments)
                result = await as_response(await loop.run_in_executor(self._route_threads, endpoint))
            else:
                result = await as_response(route.endpoint(request, **arguments))
        except Exception:
            LOG.exception("internal route %s failed", route.path)
            result = json_response({"error": "the gateway failed; its log has the reason"}, 500)
        if isinstance(result, Stream):
            headers = [("content-type", result.content_type), ("cache-control", "no-store")]
            await self._stream(wire, WireResponse(200, headers, result.chunks), receive, send, extra)
        else:
            await _send(send, wire, from_rolo(result), extra)

    async def _stream(
        self,
        wire: WireRequest,
        response: WireResponse,
        receive: Receive,
        send: Send,
        extra: list[tuple[str, str]],
    ) -> None:
        """Send a stream until it ends, the client goes away, or the server shuts down."""
        sending = asyncio.ensure_future(_send(send, wire, response, extra, self._route_threads))
        gone = asyncio.ensure_future(_until_gone(receive))
        if ("content-type", EVENT_STREAM) in response.headers:
            self._streams.add(sending)  # a download, on the other hand, has an end, and must not look complete before
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._streams.discard(sending)
            gone.cancel()
            sending.cancel()
            outcome, _ = await asyncio.gather(sending, gone, return_exceptions=True)
        if isinstance(outcome, asyncio.CancelledError):
            # The client learns that nothing more comes; nothing happens if it is gone.
            await send({"type": "http.response.body", "body": b""})
        elif isinstance(outcome, Exception):
            raise outcome

    def end_streams(self) -> None:
        """End all streams of events: the server is about to stop, and would wait for them."""
        for sending in list(self._streams):
            sending.cancel()


def from_rolo(response: Response) -> WireResponse:
    """Return a rolo response in wire form.

    Args:
        response: the response.
    """
    return WireResponse(
        response.status_code, [(name.lower(), value) for name, value in response.headers], response.get_data()
    )


async def _send(
    send: Send,
    wire: WireRequest,
    response: WireResponse,
    extra: list[tuple[str, str]],
    threads: Executor | None = None,
) -> None:
    headers = [(name.encode("latin-1"), _header_value(value)) for name, value in (*response.headers, *extra)]
    status = response.status
    body = response.body
    if status in _WITHOUT_BODY:
        body = b""
        headers = [header for header in headers if header[0] not in _OF_BODIES]
    elif isinstance(body, bytes):
        if not any(name == b"content-length" for name, _ in headers):
            headers.append((b"content-length", str(len(body)).encode()))
    elif wire.method == "HEAD":
        body = b""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if isinstance(body, bytes):
        await send({"type": "http.response.body", "body": body})
        return
    async with aclosing(_chunks(body, threads)) as chunks:
        async for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await asyncio.sleep(0)  # neither the chunks nor the sending need ever have waited for anything
    await send({"type": "http.response.body", "body": b""})


def _header_value(value: str) -> bytes:
    if value.isascii() and value.isprintable():
        return value.encode("ascii")
    # What HTTP cannot carry, line ends above all, would take the whole answer away.
    return _CONTROLS.sub(" ", value).encode("latin-1" if all(char < "\u0100" for char in value) else "utf-8")


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _chunks(
    body: Iterable[bytes] | AsyncIterator[bytes], threads: Executor | None
) -> AsyncGenerator[bytes, None]:
    if isinstance(body, Iterable):
        chunks = iter(body)
        loop = asyncio.get_running_loop()
        while (chunk := await loop.run_in_executor(threads, next, chunks, None)) is not None:
            yield chunk
    else:
        async for chunk in body:
            yield chunk
