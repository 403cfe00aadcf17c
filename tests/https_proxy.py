"""A proxy on this machine that speaks https, as one stands before a hosted dashboard; its certificate is its own."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.paths import ROOT

__all__ = ["speak_https"]


@contextmanager
def speak_https(folder: Path, port: int, inner: int) -> Iterator[None]:
    """Answer https://localhost:`port` with what http://127.0.0.1:`inner` answers, until the block ends.

    It keeps the Host, says by `X-Forwarded-Proto` how it was asked, and hands on WebSockets; every other request has a
    connection of its own. A process of its own: what it leaves open is its own business.
    """
    _certify(folder / "certificate.pem")
    command = [sys.executable, "-m", __name__, str(folder / "certificate.pem"), str(port), str(inner)]
    proxy = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert proxy.stdout is not None
        assert proxy.stdout.readline() == b"ready\n"
        yield
    finally:
        proxy.terminate()
        proxy.communicate(timeout=20)


async def _serve(certificate: str, port: int, inner: int) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(lambda r, w: _hand_on(r, w, inner), "127.0.0.1", port, ssl=context)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await server.serve_forever()


async def _hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, inner: int) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = [line for line in head[:-4].split(b"\r\n") if not line.lower().startswith(b"x-forwarded-")]
        if not any(line.lower() == b"upgrade: websocket" for line in lines):
            lines = [line for line in lines if not line.lower().startswith(b"connection:")] + [b"Connection: close"]
        there, back = await asyncio.open_connection("127.0.0.1", inner)
        back.write(b"\r\n".join([*lines, b"X-Forwarded-Proto: https", b"", b""]))
        await asyncio.gather(_pour(reader, back), _pour(there, writer))
    except (OSError, asyncio.IncompleteReadError):
        pass  # the browser has gone
    finally:
        writer.close()


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while block := await source.read(1 << 16):
            target.write(block)
            await target.drain()
    finally:
        target.close()


def _certify(path: Path) -> None:
    """Write a certificate of localhost for a day, with its key."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()) + certificate.public_bytes(pem))


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
