"""Files of Amazon S3 and stores like it, through obstore.

A catalogue names a bucket and a key and nothing else. Where the store is, is Amazon's, or AWS_ENDPOINT_URL_S3 (or
AWS_ENDPOINT_URL) of the environment, whose host the case must allow. Requests are signed when the environment has
AWS_ACCESS_KEY_ID, and anonymous otherwise: a machine's own role is never asked for.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import urllib3

from overlook.collect.outside.hrefs import Address, address, bucket_and_key
from overlook.collect.outside.http import AskAgain, Transport, changed, too_large
from overlook.collect.outside.sources import HEAD
from overlook.errors import FetchError

if TYPE_CHECKING:
    from obstore.store import S3Store

_PART = 8 << 20


class S3Source:
    """An object of a bucket."""

    is_ranged = True

    def __init__(self, transport: Transport, target: Address) -> None:
        self.where = target.where
        self._transport = transport
        bucket, self._key = bucket_and_key(target)
        self._store, self.is_guarded = _store(transport, bucket, self.where)
        self.version = ""
        found, self.head = self._get(0, HEAD)
        self.version = str(found.get("e_tag") or "")
        self.size: int | None = int(found["size"])

    def read(self, start: int, stop: int) -> bytes:
        found, data = self._get(start, stop)
        if int(found["size"]) != self.size:
            raise changed(self.where)
        if len(data) != stop - start:
            raise FetchError("E-FETCH-EMPTY", "the file ends before what is asked of it", where=self.where)
        return data

    def whole(self, sink: Callable[[int, bytes], None], *, limit: int) -> None:
        assert self.size is not None
        if self.size > limit:
            raise too_large(self.size, limit, self.where)
        for start in range(0, self.size, _PART):
            sink(start, self.read(start, min(self.size, start + _PART)))

    def _get(self, start: int, stop: int) -> tuple[dict[str, Any], bytes]:
        import obstore
        from obstore.exceptions import (
            BaseError,
            NotFoundError,
            PermissionDeniedError,
            PreconditionError,
            UnauthenticatedError,
        )

        options: Any = {"range": (start, stop)}
        if self.version:
            options["if_match"] = self.version

        def attempt() -> tuple[dict[str, Any], bytes]:
            try:
                result = obstore.get(self._store, self._key, options=options)
                data = bytes(result.bytes())
                self._transport.count(len(data))
                return dict(result.meta), data
            except (FileNotFoundError, NotFoundError) as error:
                raise FetchError("E-FETCH-MISSING", "the store does not have it", where=self.where) from error
            except (PermissionDeniedError, UnauthenticatedError) as error:
                raise FetchError(
                    "E-FETCH-DENIED",
                    "the store does not let us have it",
                    where=self.where,
                    remedy="give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment",
                ) from error
            except PreconditionError as error:
                raise FetchError(
                    "E-FETCH-CHANGED", "the file changed while it was fetched", where=self.where
                ) from error
            except (BaseError, OSError, ValueError) as error:
                # Its texts name hosts, keys and signed requests.
                raise AskAgain("the store did not answer") from error

        return self._transport.patiently(attempt, self.where)


def _store(transport: Transport, bucket: str, where: str) -> tuple[S3Store, bool]:
    """The store of a bucket, and whether its connections are guarded."""
    from obstore.store import S3Store

    patience = transport.patience
    config: Any = {"skip_signature": not os.environ.get("AWS_ACCESS_KEY_ID")}
    client: Any = {
        "connect_timeout": timedelta(seconds=patience.connect_s),
        "timeout": timedelta(seconds=max(patience.read_s, _PART / patience.slowest_bytes_s)),
    }
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    if endpoint:
        found = address(endpoint, transport.allowed)
        if not transport.allowed.has_host(found.host, found.port):
            raise FetchError(
                "E-FETCH-ADDRESS",
                f"AWS_ENDPOINT_URL names {found.host}, which the case does not allow",
                where=where,
                remedy="name it under allow_hosts in case.yaml",
            )
        config |= {"endpoint": endpoint, "region": os.environ.get("AWS_REGION") or "us-east-1"}
        client["allow_http"] = found.scheme == "http"
    else:
        config["region"] = _region(transport, bucket)
    # Its own patience would be spent inside ours.
    retry: Any = {"max_retries": 0, "retry_timeout": timedelta(seconds=patience.read_s)}
    store = S3Store(bucket, config=config, client_options=client, retry_config=retry)
    return store, not client.get("allow_http", False)


def _region(transport: Transport, bucket: str) -> str:
    """The region of a bucket, which Amazon tells anybody; else the environment's."""
    with contextlib.suppress(FetchError, urllib3.exceptions.HTTPError, OSError):
        reply = transport.pool.request(
            "HEAD",
            f"https://s3.amazonaws.com/{bucket}",
            redirect=False,
            retries=False,
            timeout=transport.patience.connect_s,
        )
        region = reply.headers.get("x-amz-bucket-region", "")
        if region.replace("-", "").isalnum():
            return str(region)
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
