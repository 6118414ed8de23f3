"""An identity provider on this machine: the cookie `who` of the browser decides who is signed in there."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT = "pages"


@contextmanager
def provider(port: int) -> Iterator[str]:
    """Runs the provider in a thread; gives its address."""
    issuer = f"http://127.0.0.1:{port}"
    key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})
    codes: dict[str, tuple[str, str | None]] = {}

    def metadata(_: Request) -> Response:
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    def authorize(request: Request) -> Response:
        code = secrets.token_urlsafe(8)
        asked = request.query_params
        codes[code] = (request.cookies.get("who", "nobody@x.test"), asked.get("nonce"))
        return RedirectResponse(f"{asked['redirect_uri']}?code={code}&state={asked['state']}")

    async def token(request: Request) -> Response:
        form = await request.form()
        who, nonce = codes.pop(str(form["code"]))
        now = int(time.time())
        claims = {
            "iss": issuer,
            "aud": CLIENT,
            "sub": who,
            "email": who,
            "email_verified": not who.startswith("unverified"),
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        }
        signed = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, key)
        return JSONResponse(
            {"access_token": f"t-{who}", "token_type": "Bearer", "expires_in": 300, "id_token": signed}
        )

    def jwks(_: Request) -> Response:
        return JSONResponse({"keys": [key.as_dict(private=False)]})

    app = Starlette(
        routes=[
            Route("/.well-known/openid-configuration", metadata),
            Route("/authorize", authorize),
            Route("/token", token, methods=["POST"]),
            Route("/jwks", jwks),
        ]
    )
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield issuer
    finally:
        server.should_exit = True
        thread.join(timeout=10)
