"""From a path to an endpoint, or to the error of a path that leads nowhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sandbox.server.calls import Endpoint
from sandbox.server.refusal import UNKNOWN_PATH, UNKNOWN_VERSION, WRONG_METHOD, Refusal

_VERSION = re.compile(r"/\d{6}/")
_PLACEHOLDER = re.compile(r"\\\{(\w+)\\\}")


class Routes:
    """Finds endpoints by method and path."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._plain: dict[str, list[Endpoint]] = {}
        self._patterns: list[tuple[re.Pattern[str], Endpoint]] = []
        self._any_version: list[re.Pattern[str]] = []
        for endpoint in endpoints:
            pattern = _PLACEHOLDER.sub(r"(?P<\1>[^/]+)", re.escape(endpoint.path))
            if "{" in endpoint.path:
                self._patterns.append((re.compile(pattern), endpoint))
            else:
                self._plain.setdefault(endpoint.path, []).append(endpoint)
            self._any_version.append(re.compile(_VERSION.sub(r"/\\d+/", pattern)))

    def find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
        """The endpoint and the values of its placeholders.

        Raises:
            Refusal: 36009010 for a method it does not have, 36009014 for an unknown version, 36009009
                otherwise.
        """
        known = False
        for endpoint in self._plain.get(path, ()):
            known = True
            if endpoint.method == method:
                return endpoint, {}
        for pattern, endpoint in self._patterns:
            match = pattern.fullmatch(path)
            if match is not None:
                known = True
                if endpoint.method == method:
                    return endpoint, match.groupdict()
        if known:
            raise Refusal(WRONG_METHOD, f"Invalid method: {method} is not allowed for {path}")
        if any(pattern.fullmatch(path) for pattern in self._any_version):
            raise Refusal(UNKNOWN_VERSION, f"Invalid API version: there is no such version of {path}")
        raise Refusal(UNKNOWN_PATH, f"Invalid path: {path} does not exist")
