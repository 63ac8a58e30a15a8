"""Access tokens from a Lingpai token server, for Python 3.9 and later.

Copy this file into your project; it needs the standard library only.

    from lingpai import TokenServerClient

    client = TokenServerClient("https://tokens.internal:4180")  # the key: LINGPAI_KEY
    token = client.token("shop")

Create one client for each process; threads share it. In asyncio, call
``await asyncio.to_thread(client.token, "shop")``.
"""

from __future__ import annotations

import http.client
import json
import math
import os
import random
import socket
import ssl
import threading
import time
import weakref
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Callable, Iterator, Mapping, Optional, Union
from urllib.parse import quote, urlsplit

Code = Union[int, str]

# With so many seconds left, the server is asked for another token, at this interval.
_AHEAD_SECONDS, _AHEAD_INTERVAL_SECONDS = 300.0, 50.0
# A proxy holds the stream back if its first line does not come. Heartbeats come every 15 s.
_FIRST_LINE_SECONDS, _SILENCE_SECONDS = 5.0, 40.0
# Without a stream, accounts are polled until it is tried again.
_POLL_SECONDS, _POLLING_SECONDS = 25.0, 300.0
_LONGEST_BODY = 1 << 20


class LingpaiError(Exception):
    """A call failed: ``code`` says why, ``hint`` what to do. Contains no token and no key."""

    code, hint = "ERR_LINGPAI", ""
    #: HTTP status of the server's response.
    status: Optional[int] = None
    #: Class and code of the platform's failure, such as ``ip-denied`` and 40164.
    error_class: Optional[str] = None
    platform_code: Optional[Code] = None
    #: Seconds until the same call may succeed.
    retry_after: Optional[float] = None

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(f"{message}. {details.get('hint') or self.hint}".rstrip(". "))
        self.__dict__.update(details)


class ConfigError(LingpaiError):
    """An argument or a variable is missing or malformed."""

    code = "ERR_LINGPAI_CONFIG"


class ClosedError(LingpaiError):
    """The client was closed."""

    code = "ERR_LINGPAI_CLOSED"


class TransportError(LingpaiError):
    """The token server cannot be reached, or does not respond as one, or not in time."""

    code = "ERR_LINGPAI_TRANSPORT"


class ServerError(LingpaiError):
    """The token server responded with an error, of its own or of the platform."""


class UnauthenticatedError(ServerError):
    """The token server does not know this client key, or it was revoked."""

    hint = "Create a client key with `lingpai key create`."


class ForbiddenError(ServerError):
    """The role of the client key is not sufficient."""

    hint = "Reporting a rejected token needs a client key with the role reporter."


class NotFoundError(ServerError):
    """The token server has no such account, or the client key is not valid for it."""

    hint = "Use a name of the server's configuration; `lingpai key list` shows those of a key."


@dataclass(frozen=True)
class Token:
    """A token. Its ``repr`` does not show the value."""

    value: str = field(repr=False)
    #: Grows by one with each new token of the account.
    generation: int
    _life: float = field(repr=False)
    _asked_at: tuple[float, float] = field(repr=False)

    @property
    def _last(self) -> float:
        """Remaining seconds at which it is better to get another token."""
        return min(10.0, self._life / 10)

    @property
    def expires_in(self) -> float:
        """Remaining seconds, by the clock that says less: one stands still in standby."""
        return self._life - max(now - then for now, then in zip(_moment(), self._asked_at))


class _Flight(Future):  # type: ignore[type-arg]
    """One request for a token, shared by all callers of an account."""

    min_life, tries = 0.0, 0


class _Account:
    """What the client knows of one account; changed only while ``lock`` is held."""

    def __init__(self, name: str) -> None:
        self.path = f"/v1/accounts/{quote(name, safe='')}"
        self.lock = threading.Lock()
        self.token: Optional[Token] = None
        # The body of a report that is not sent yet; until then, its token is not handed out.
        self.rejection: Optional[Mapping[str, Any]] = None
        self.flight: Optional[_Flight] = None
        # The generation that the server announced.
        self.announced: Optional[int] = None
        # The last request failed; nor is the server asked ahead before this moment.
        self.failure: Optional[LingpaiError] = None
        self.failures = 0
        self.ask_at = 0.0

    def usable(self) -> Optional[Token]:
        is_usable = self.token is not None and self.token.expires_in > 0
        return self.token if is_usable and not self.is_rejected() else None

    def is_rejected(self) -> bool:
        token, rejection = self.token, self.rejection or {}
        ids = (rejection.get("generation"), rejection.get("access_token"))
        return token is not None and (token.generation == ids[0] or token.value == ids[1])

    def is_behind(self) -> bool:
        announced, token = self.announced, self.token
        return token is not None and announced is not None and announced != token.generation

    def adopt(self, token: Token, reported: Optional[Mapping[str, Any]]) -> None:
        self.token, self.failure, self.failures = token, None, 0
        self.ask_at = time.monotonic() + _AHEAD_INTERVAL_SECONDS
        # After a report, the server vouches for its token, even if that is the same.
        if self.rejection is reported or not self.is_rejected():
            self.rejection = None

    def fail(self, error: LingpaiError, reported: Optional[Mapping[str, Any]]) -> None:
        if reported is not None and error.status in (400, 403):
            self.rejection = None
            return
        is_brief = isinstance(error, TransportError) or error.status in (500, 503)
        pause = _backoff(self.failures) if is_brief else 10.0
        self.failure, self.failures = error, self.failures + 1
        self.ask_at = time.monotonic() + (error.retry_after or pause)


class TokenServerClient:
    """Gets tokens from a token server. Safe for threads, and usable after a fork.

    :param url: such as ``https://tokens.internal:4180``; by default ``LINGPAI_URL``
    :param key: a client key, or a function that gives it, called before each request;
        by default ``LINGPAI_KEY`` or the content of the file ``LINGPAI_KEY_FILE``
    :param timeout: seconds; includes the server's own request to the platform
    :param ssl_context: for a certificate of your own CA
    """

    def __init__(
        self,
        url: Optional[str] = None,
        key: Union[str, Callable[[], str], None] = None,
        *,
        timeout: float = 15.0,
        ssl_context: Optional[ssl.SSLContext] = None,
    ) -> None:
        self._address = _address(url or os.environ.get("LINGPAI_URL", ""))
        self._key = _key_reader(key)
        if not 0 < timeout < math.inf:
            raise ConfigError('"timeout" must be a positive number')
        self._timeout = timeout
        self._ssl = ssl_context or ssl.create_default_context()
        self._start_over()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=partial(_start_over, weakref.ref(self)))

    def token(self, account: str, min_life: float = 0.0) -> str:
        """Return a token that is usable now and, if the server has one, for ``min_life`` seconds.

        :raises LingpaiError: if there is none
        """
        return self.record(account, min_life).value

    def record(self, account: str, min_life: float = 0.0) -> Token:
        """Return the same with its generation and its remaining life."""
        return self._obtain(self._account(account), min_life)

    def report_rejected(
        self, account: str, rejected: Union[str, int], code: Optional[Code] = None
    ) -> str:
        """Report that an API rejected a token or a generation; return the token to use instead.

        All reports of one token cause one refresh; a token that was replaced needs no request.
        Repeat the API call only once.

        :param code: the API's code, which must be a token error of the platform
        :raises ServerError: with status 400 if it is not, and 403 for the key of a reader
        """
        state = self._account(account)
        with state.lock:
            token = state.token
            what = token.generation if token and rejected == token.value else rejected
            is_older = token is not None and (isinstance(what, str) or what < token.generation)
            if not is_older and state.rejection is None:
                name = "access_token" if isinstance(what, str) else "generation"
                state.rejection = {name: what} if code is None else {name: what, "code": code}
        return self._obtain(state, 0.0, is_report=True).value

    def close(self) -> None:
        """Close all connections. Pending and later calls raise a ClosedError."""
        self._closed.set()
        with self._lock:
            for connected in self._sockets:
                _shut(connected)

    def __enter__(self) -> TokenServerClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start_over(self) -> None:
        """Forget everything: in a forked child no thread runs, and a lock may be held."""
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._accounts: dict[str, _Account] = {}
        self._sockets: set[socket.socket] = set()
        # Accounts are polled until then.
        self._poll_until = 0.0

    def _account(self, name: str) -> _Account:
        if self._closed.is_set():
            raise ClosedError("the client was closed")
        known = self._accounts.get(name)
        if known is not None:
            return known
        if not isinstance(name, str) or name == "":
            raise ConfigError('"account" must be a non-empty string')
        with self._lock:
            is_first, is_new = not self._accounts, name not in self._accounts
            state = self._accounts.setdefault(name, _Account(name))
            until = self._poll_until
        if is_first:
            _spawn(self._watch)
        elif is_new and time.monotonic() < until:
            _spawn(self._poll, state, until)
        return state

    def _obtain(self, state: _Account, min_life: float, is_report: bool = False) -> Token:
        deadline = time.monotonic() + self._timeout
        answer: Optional[Token] = None
        while True:
            with state.lock:
                token, may_ask = state.usable(), time.monotonic() >= state.ask_at
                left = 0.0 if token is None else token.expires_in
                # Near its end a caller waits a little for another token, and else gets this one.
                if token is not None and (token is answer or left > max(min_life, token._last)):
                    if left <= _AHEAD_SECONDS and may_ask and state.flight is None:
                        self._start(state, 0.0)
                    return token
                if state.failure is not None and state.flight is None and not may_ask:
                    if token is not None and left > min_life:
                        return token
                    raise state.failure.with_traceback(None)
                flight = state.flight or self._start(state, min_life)
            patience = max(0.0, deadline - time.monotonic())
            if left > min_life:
                patience = min(patience, 1.0, left / 2)
            try:
                result: Token = flight.result(patience)
                answer = result if flight.min_life >= min_life else answer
            except (LingpaiError, FutureTimeout) as error:
                with state.lock:
                    token = state.usable()
                    is_over = time.monotonic() >= deadline
                    if is_over and state.flight is flight:
                        state.flight = None
                if token is not None and not is_report and not self._closed.is_set():
                    if token.expires_in > min_life:
                        return token
                if isinstance(error, LingpaiError):
                    raise
                if is_over:
                    raise TransportError("the token server: no response in time") from None

    def _start(self, state: _Account, min_life: float, tries: int = 0) -> _Flight:
        """Begin a request for all callers, on a thread of its own. The lock is held."""
        flight = _Flight()
        flight.min_life, flight.tries = min_life, tries
        _spawn(self._fly, state, flight, state.rejection)
        state.flight = flight
        return flight

    def _fly(
        self, state: _Account, flight: _Flight, rejection: Optional[Mapping[str, Any]]
    ) -> None:
        asked_at = _moment()
        token, failure = None, None
        try:
            if rejection is not None:
                answer = self._call("POST", f"{state.path}/rejections", self._timeout, rejection)
            else:
                query = f"?min_life={math.ceil(flight.min_life)}" if flight.min_life > 0 else ""
                answer = self._call("GET", f"{state.path}/token{query}", self._timeout)
            token = _token_in(answer, asked_at)
        except LingpaiError as error:
            failure = error
        except Exception as error:
            failure = TransportError(f"the request failed: {type(error).__name__}")
        with state.lock:
            is_late = state.token is not None and state.token._asked_at > asked_at
            if state.flight is flight:
                state.flight = None
            if token is not None and not is_late:
                state.adopt(token, rejection)
            elif failure is not None:
                state.fail(failure, rejection)
        if failure is None:
            flight.set_result(token)
        else:
            flight.set_exception(failure)
        # Behind a load balancer, a server may not have the token yet that another one announced.
        if state.is_behind() and flight.tries < 3:
            self._closed.wait(0.25 * 6**flight.tries)
            with state.lock:
                if state.is_behind() and state.flight is None and not self._closed.is_set():
                    self._start(state, 0.0, flight.tries + 1)

    def _note(self, update: Any) -> None:
        """Take a ``rotated`` event or a status. Another token is fetched in the background."""
        name = update.get("account", update.get("name")) if isinstance(update, dict) else None
        state = self._accounts.get(name) if isinstance(name, str) else None
        if state is None or not isinstance(update.get("generation"), int):
            return
        with state.lock:
            is_news = state.announced != update["generation"]
            state.announced = update["generation"]
            if update.get("state") not in ("failing", "expired"):
                # The server is back, so an earlier failure must not delay the next call.
                state.failure = None
            if is_news and state.is_behind() and state.flight is None:
                self._start(state, 0.0)

    def _watch(self) -> None:
        """Follow the event stream; where there is none, poll each account."""
        failures = 0
        while not self._closed.is_set():
            failures = 0 if self._follow() else failures + 1
            if failures > 0:
                with self._lock:
                    until = self._poll_until = time.monotonic() + _POLLING_SECONDS
                    accounts = list(self._accounts.values())
                for poll in [_spawn(self._poll, one, until) for one in accounts]:
                    poll.join()
            self._closed.wait(_backoff(failures))

    def _follow(self) -> bool:
        """Read the event stream to its end. Return whether it was open."""
        is_open, event = False, ""
        stream = self._open("GET", "/v1/events", _FIRST_LINE_SECONDS, None, "text/event-stream")
        with suppress(Exception), stream as (response, connected):
            content_type = response.headers.get("content-type", "")
            if response.status != 200 or not content_type.startswith("text/event-stream"):
                return False
            for line in iter(lambda: response.readline(_LONGEST_BODY), b""):
                if not is_open:
                    is_open = True
                    connected.settimeout(_SILENCE_SECONDS)
                name, _, value = line.decode("utf-8", "replace").rstrip("\r\n").partition(": ")
                if name == "event":
                    event = value
                elif name == "data" and event in ("status", "rotated"):
                    self._note(_json(value))
        return is_open

    def _poll(self, state: _Account, until: float) -> None:
        """Wait for changes of one account, until a moment or a failure."""
        with suppress(LingpaiError):
            while time.monotonic() < until and not self._closed.is_set():
                held = 0 if state.token is None else state.token.generation
                known = held if state.announced is None else state.announced
                query = f"generation={known}&wait={_POLL_SECONDS:.0f}"
                path = f"{state.path}/changes?{query}"
                self._note(self._call("GET", path, _POLL_SECONDS + 10.0))
                self._closed.wait(0.1)

    def _call(
        self, method: str, path: str, timeout: float, body: Optional[Mapping[str, Any]] = None
    ) -> Mapping[str, Any]:
        """Send a request and return the JSON object of the response."""
        with self._open(method, path, timeout, body, "application/json") as (response, _):
            answer = _json(response.read(_LONGEST_BODY))
        if response.status == 204:
            return {}
        if response.status == 200 and isinstance(answer, dict):
            return answer
        raise _error_in(response, answer)

    @contextmanager
    def _open(
        self, method: str, path: str, timeout: float, body: Optional[Mapping[str, Any]], accept: str
    ) -> Iterator[tuple[http.client.HTTPResponse, socket.socket]]:
        """Send a request, without redirects, on a connection that ``close()`` can end."""
        is_tls, host, port, prefix = self._address
        headers = {"accept": accept, "authorization": f"Bearer {self._key()}"}
        if body is not None:
            headers["content-type"] = "application/json"
        text = None if body is None else json.dumps(body)
        connection: http.client.HTTPConnection = (
            http.client.HTTPSConnection(host, port, timeout=timeout, context=self._ssl)
            if is_tls
            else http.client.HTTPConnection(host, port, timeout=timeout)
        )
        try:
            connection.connect()
            connected = connection.sock
            with self._lock:
                self._sockets.add(connected)
            try:
                if self._closed.is_set():
                    _shut(connected)
                connection.request(method, prefix + path, text, headers)
                yield connection.getresponse(), connected
            finally:
                with self._lock:
                    self._sockets.discard(connected)
        except (OSError, http.client.HTTPException) as error:
            if self._closed.is_set():
                raise ClosedError("the client was closed") from None
            is_late = isinstance(error, socket.timeout)
            reason = getattr(error, "strerror", None) or type(error).__name__
            reason = "no response in time" if is_late else reason
            raise TransportError(f"the token server at {host}:{port}: {reason}") from None
        finally:
            connection.close()


def _start_over(client: weakref.ref[TokenServerClient]) -> None:
    living = client()
    if living is not None:
        living._start_over()


def _error_in(response: http.client.HTTPResponse, answer: Any) -> LingpaiError:
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        return TransportError(f"HTTP {response.status}, but not from a token server")
    kinds = {401: UnauthenticatedError, 403: ForbiddenError, 404: NotFoundError}
    wait = response.headers.get("retry-after", "")
    details = {
        "code": error.get("code"),
        "hint": (error.get("hint") or {}).get("en"),
        "status": response.status,
        "error_class": error.get("class"),
        "platform_code": error.get("platform_code"),
        "retry_after": float(wait) if wait.isdigit() else None,
    }
    given = {name: value for name, value in details.items() if value is not None}
    return kinds.get(response.status, ServerError)(str(error.get("message")), **given)


def _token_in(answer: Mapping[str, Any], asked_at: tuple[float, float]) -> Token:
    value, generation = answer.get("access_token"), answer.get("generation")
    life = answer.get("expires_in_ms")
    if isinstance(value, str) and isinstance(generation, int) and isinstance(life, (int, float)):
        if value != "" and 0 < life < math.inf:
            return Token(value, generation, life / 1000, asked_at)
    raise TransportError("the response is not that of a token server")


def _address(url: str) -> tuple[bool, str, Optional[int], str]:
    with suppress(ValueError):
        parts = urlsplit(url)
        has_more = parts.username or parts.password or parts.query or parts.fragment
        if parts.scheme in ("http", "https") and parts.hostname and not has_more:
            return parts.scheme == "https", parts.hostname, parts.port, parts.path.rstrip("/")
    hint = "Use the address that `lingpai serve` prints, or set LINGPAI_URL."
    raise ConfigError('"url" must be an http or https URL with origin and path only', hint=hint)


def _key_reader(key: Union[str, Callable[[], str], None]) -> Callable[[], str]:
    """Return a function, so that no attribute shows the key."""
    text = os.environ.get("LINGPAI_KEY", "") if key is None else key
    path = os.environ.get("LINGPAI_KEY_FILE")

    def read() -> str:
        try:
            if text == "" and key is None and path:
                with open(path, encoding="utf-8") as file:
                    value = file.read().strip()
            else:
                value = (text() if callable(text) else text).strip()
        except Exception as error:
            raise ConfigError(f'"key" cannot be read: {type(error).__name__}') from None
        if value == "" or not value.isascii() or not value.isprintable() or " " in value:
            hint = "Pass what `lingpai key create` printed, or set LINGPAI_KEY."
            raise ConfigError('"key" must be a client key', hint=hint)
        return value

    if not callable(text):
        read()
    return read


def _json(text: Union[str, bytes]) -> Any:
    with suppress(ValueError):
        return json.loads(text)
    return None


def _moment() -> tuple[float, float]:
    return time.monotonic(), time.time()


def _backoff(failures: int) -> float:
    return min(30.0, 0.5 * 2.0 ** min(failures, 6)) * random.uniform(0.5, 1)


def _spawn(target: Callable[..., None], *args: Any) -> threading.Thread:
    thread = threading.Thread(target=target, args=args, name="lingpai", daemon=True)
    thread.start()
    return thread


def _shut(connected: socket.socket) -> None:
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
