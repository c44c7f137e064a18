"""An OpenID Connect issuer on this machine, and tokens signed without the library that verifies them."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
CURVES = {"ES256": (ec.SECP256R1, "P-256"), "ES384": (ec.SECP384R1, "P-384"), "ES512": (ec.SECP521R1, "P-521")}
LISTS = {
    "response_types_supported": ["id_token"],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": ["RS256"],
}


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def signature(algorithm: str, key: Any, data: bytes) -> bytes:
    """Sign as RFC 7518 has it."""
    digest = HASHES[algorithm[2:]]()
    if algorithm.startswith("ES"):
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(digest)))
        size = (key.key_size + 7) // 8
        return r.to_bytes(size) + s.to_bytes(size)
    if algorithm.startswith("PS"):
        return key.sign(data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    return key.sign(data, padding.PKCS1v15(), digest)


def token(claims: Mapping[str, Any], header: Mapping[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """Return a JWT with any header, signed in any way."""
    data = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{data}.{b64(sign(data.encode()))}"


def public_jwk(key: Any, **more: str) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    if isinstance(key, rsa.RSAPrivateKey):
        size = (numbers.n.bit_length() + 7) // 8
        return {"kty": "RSA", "n": b64(numbers.n.to_bytes(size)), "e": b64(numbers.e.to_bytes(3)), **more}
    size = (key.key_size + 7) // 8
    curve = {256: "P-256", 384: "P-384", 521: "P-521"}[key.key_size]
    return {"kty": "EC", "crv": curve, "x": b64(numbers.x.to_bytes(size)), "y": b64(numbers.y.to_bytes(size)), **more}


class LocalIssuers:
    """Issuers served by one HTTP server, each below a path of its own.

    Attributes:
        url: the server's address.
        pages: what it answers by path: bytes, or anything that JSON can hold, or a status.
        asked: how often each path was asked for.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.pages: dict[str, Any] = {}
        self.asked: Counter[str] = Counter()

    def serve(self, name: str, keys: list[dict[str, str]], **document: Any) -> None:
        """Serve an issuer `https://NAME`."""
        self.pages[f"/{name}/.well-known/openid-configuration"] = {
            "issuer": f"https://{name}",
            "jwks_uri": f"{self.url}/{name}/keys",
            **LISTS,
            **document,
        }
        self.pages[f"/{name}/keys"] = {"keys": keys}


@contextmanager
def local_issuers(tls: Any = None) -> Iterator[LocalIssuers]:
    """Run the server while the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            served.asked[path] += 1
            page = served.pages.get(path, 404)
            if callable(page):
                page = page(self)
            if isinstance(page, int):
                self.send_response(page)
                self.send_header("Location", f"{served.url}/good.example.com/keys")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = page if isinstance(page, bytes) else json.dumps(page).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing of clients that go away."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    served = LocalIssuers(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
