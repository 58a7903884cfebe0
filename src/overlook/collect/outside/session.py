"""The guarded transport as a `requests` session, for libraries that want one (pystac-client)."""

from __future__ import annotations

from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from overlook.collect.allowed import Allowed, Patience
from overlook.collect.outside.hrefs import address, redirected
from overlook.collect.outside.http import Transport, own_headers, refuse_status, too_large, translated

#: A page of a catalogue is a few megabytes.
_LARGEST_BODY = 64 * 2**20
#: Statuses that no library above makes anything of; other client errors come with a text that says what was wrong.
_REFUSED = frozenset({401, 403, 404, 407, 408, 410, 425, 429, 451})


def transport(allowed: Allowed, patience: Patience | None = None, *, largest_body: int = _LARGEST_BODY) -> Session:
    """A session that opens only what `allowed` allows, with patience, and keeps no body larger than `largest_body`.

    Its methods raise FetchError; other client errors (400, 422 and the like) are returned, with what the server says.
    """
    return Session(allowed, patience or Patience(), largest_body)


class Session(requests.Session):
    """Without proxies, `.netrc` or settings of the environment: they could send a request elsewhere."""

    def __init__(self, allowed: Allowed, patience: Patience, largest_body: int) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = 8
        self._allowed = allowed
        self.adapters.clear()
        adapter = _Guarded(Transport(allowed, patience), largest_body)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        location = super().get_redirect_target(resp)
        if location is not None:
            redirected(address(resp.url, self._allowed), location, self._allowed)
        return location


class _Guarded(HTTPAdapter):
    """Sends through guarded connections, reads the whole body within bounds, and asks again where that may help."""

    def __init__(self, transport: Transport, largest_body: int) -> None:
        self._transport, self._largest_body = transport, largest_body
        super().__init__(max_retries=0)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - the body is always read here, within bounds
        timeout: Any = None,  # noqa: ARG002
        verify: Any = True,  # noqa: ARG002 - and the server is always verified
        cert: Any = None,  # noqa: ARG002
        proxies: Any = None,  # noqa: ARG002
    ) -> requests.Response:
        target = address(str(request.url), self._transport.allowed)
        patience = self._transport.patience
        mine = own_headers(target) | {"Accept-Encoding": "gzip, identity"}
        headers = mine | {name: value for name, value in request.headers.items() if name not in mine}

        def attempt() -> requests.Response:
            with translated():
                answer = self._transport.pool.request(
                    str(request.method),
                    target.href,
                    body=request.body,
                    headers=headers,
                    redirect=False,
                    retries=False,
                    preload_content=False,
                    decode_content=False,
                    timeout=urllib3.Timeout(connect=patience.connect_s, read=patience.read_s),
                )
            try:
                if answer.status in _REFUSED or answer.status >= 500:
                    refuse_status(answer.status, answer.headers.get("retry-after"), target.where)
                body = self._read(answer, target.where)
            finally:
                answer.close()
            response = self.build_response(request, answer)
            # requests has no other way to give a response a body that was read within bounds.
            response._content = body
            response._content_consumed = True  # type: ignore[attr-defined]
            assert isinstance(response, requests.Response)
            return response

        return self._transport.patiently(attempt, target.where)

    def _read(self, answer: urllib3.BaseHTTPResponse, where: str) -> bytes:
        parts, got = [], 0
        for chunk in self._transport.chunks(answer, decode=True):
            got += len(chunk)
            if got > self._largest_body:
                raise too_large(None, self._largest_body, where)
            parts.append(chunk)
        return b"".join(parts)
