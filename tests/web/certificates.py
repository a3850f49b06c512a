"""Certificates of tests: files of a server, and clients that bring their own or none."""

import ssl
from pathlib import Path
from typing import Any

import aiohttp
import trustme
import yaml


def write_pair(folder: Path, authority: trustme.CA, name: str = "127.0.0.1") -> None:
    """``server.crt`` and ``server.key``, all of each at once."""
    issued = authority.issue_cert(name)
    chain = b"".join(pem.bytes() for pem in issued.cert_chain_pems)
    for file, content in (("server.key", issued.private_key_pem.bytes()), ("server.crt", chain)):
        write(folder / file, content)


def write(file: Path, content: bytes) -> None:
    """As the kubelet does: nobody sees half of it."""
    new = file.with_name(f"{file.name}.new")
    new.write_bytes(content)
    new.replace(file)


def web_config(
    folder: Path, tls: dict[str, Any] | None = None, *, name: str = "web.yml", **rest: Any
) -> str:
    """The name of a web configuration file, whose certificate is in the same folder."""
    pair = {"cert_file": "server.crt", "key_file": "server.key"}
    text = yaml.safe_dump({"tls_server_config": pair | (tls or {}), **rest})
    file = folder / name
    write(file, text.encode())
    return str(file)


def client(
    server: trustme.CA, own: trustme.LeafCert | None = None, version: ssl.TLSVersion | None = None
) -> ssl.SSLContext:
    """Trusts the server's authority, and shows a certificate if there is one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server.configure_trust(context)
    if own is not None:
        own.configure_cert(context)

    if version is not None:
        context.minimum_version = context.maximum_version = version

    return context


def fresh(context: ssl.SSLContext) -> aiohttp.TCPConnector:
    """A connection, and so a handshake, for every request."""
    return aiohttp.TCPConnector(ssl=context, force_close=True)
