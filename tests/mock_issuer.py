"""A sign-in service on this machine for the tests: OpenID Connect by the book, and against the book where a test asks.

It signs in whoever `user` names, at once and without a page. `spoil` changes the claims before they are signed, `forge`
signs them with a key that is not published. It is strict with its client: the secret, the address to return to, the
code (once, of this client), PKCE.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

__all__ = ["ANN", "BOB", "Issuer", "run_issuer"]

CLIENT, SECRET = "fairness-dashboard", "a secret of the client"
ANN = {"sub": "1", "name": "Ann", "email": "Ann@Example.org", "email_verified": True}
BOB = {"sub": "2", "name": "Bob", "email": "bob@example.org", "email_verified": True}


@dataclass
class Issuer:
    """A service at `address` that signs in `user`; `asked` are the paths that it was asked for, in order."""

    address: str
    user: Mapping[str, Any] = field(default_factory=lambda: ANN)
    spoil: Callable[[dict[str, Any]], None] = lambda claims: None
    forge: bool = False
    asked: list[str] = field(default_factory=list)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def behave(self) -> None:
        """Sign in Ann again, by the book."""
        self.user, self.spoil, self.forge = ANN, lambda claims: None, False

    def secrets(self, dashboard: str) -> str:
        """Return the `[auth]` section that a dashboard at this address needs."""
        return (
            "[auth]\n"
            f'redirect_uri = "{dashboard}/oauth2callback"\n'
            f'cookie_secret = "{secrets.token_urlsafe(32)}"\n'
            f'client_id = "{CLIENT}"\n'
            f'client_secret = "{SECRET}"\n'
            f'server_metadata_url = "{self.address}/.well-known/openid-configuration"\n'
        )

    def describe(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "userinfo_endpoint": f"{self.address}/userinfo",
            "jwks_uri": f"{self.address}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Return where the browser goes on to, with a code for whoever is to be signed in."""
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def exchange(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Return the tokens for a code, None where the client is not ours or the code not its own."""
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or authorization != f"Basic {basic}":
            return None
        if form.get("redirect_uri") != asked["redirect_uri"] or challenge != asked["code_challenge"]:
            return None
        return {
            "access_token": secrets.token_urlsafe(16),
            "token_type": "Bearer",
            "expires_in": 3600,
            "id_token": self.sign(asked.get("nonce", "")),
        }

    def sign(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT, "iat": now, "exp": now + 3600, "nonce": nonce, **self.user}
        self.spoil(claims)
        key = RSAKey.generate_key(2048, {"kid": "one"}) if self.forge else self.key
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)


@contextmanager
def run_issuer() -> Iterator[Issuer]:
    """Run a service on a free port of this machine until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
    server.issuer = issuer  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Answer(BaseHTTPRequestHandler):
    @property
    def issuer(self) -> Issuer:
        return self.server.issuer  # type: ignore[attr-defined, no-any-return]

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.issuer.asked.append(parts.path)
        if parts.path == "/.well-known/openid-configuration":
            self._send(200, self.issuer.describe())
        elif parts.path == "/jwks":
            self._send(200, KeySet([self.issuer.key]).as_dict(private=False))
        elif parts.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.issuer.authorize(_first(parts.query)))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif parts.path == "/userinfo":
            self._send(200, dict(self.issuer.user))
        else:
            self._send(404, {})

    def do_POST(self) -> None:
        self.issuer.asked.append(self.path)
        form = _first(self.rfile.read(int(self.headers["Content-Length"])).decode())
        tokens = self.issuer.exchange(form, self.headers.get("Authorization", ""))
        self._send(*((200, tokens) if tokens else (400, {"error": "invalid_grant"})))

    def _send(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *said: Any) -> None:
        """Say nothing: `asked` tells."""


def _first(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
