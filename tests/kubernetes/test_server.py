from exporter.kubernetes.credentials import Credential, KeyPair, UserCredentials
from exporter.kubernetes.server import Server, Tls
from exporter.kubernetes.stored_credential import StoredCredential


def test_nothing_secret_is_shown() -> None:
    pair = KeyPair(certificate=b"hunter2", key=b"hunter2")
    stored = StoredCredential(
        authorization="Bearer hunter2", certificate=b"hunter2", key=b"hunter2"
    )
    server = Server(
        url="https://host",
        tls=Tls(ca_data=b"hunter2"),
        credentials=UserCredentials(stored),
        proxy="http://user:hunter2@proxy",
    )

    for shown in (server, pair, stored, Credential("Bearer hunter2", pair), server.credentials):
        assert "hunter2" not in f"{shown!r} {shown}"
