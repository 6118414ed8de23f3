"""The endpoints of the sandbox, one module per domain: each module in this folder that has `ENDPOINTS`."""

from importlib import import_module
from pkgutil import iter_modules

from sandbox.server.calls import Endpoint

_NOT_THE_SHOP_API = {"admin", "fx"}

ENDPOINTS: tuple[Endpoint, ...] = tuple(
    endpoint
    for module in iter_modules(__path__)
    if module.name not in _NOT_THE_SHOP_API
    for endpoint in import_module(f"{__name__}.{module.name}").ENDPOINTS
)
"""Every endpoint of the Shop API that the sandbox serves."""

SCOPES: tuple[str, ...] = tuple(dict.fromkeys(endpoint.scope for endpoint in ENDPOINTS if endpoint.scope))
"""Every scope that one of them asks for."""
