import asyncio
import os
from pathlib import Path

import pytest
import trustme

from exporter.kubernetes.credentials import Credential, KeyPair, UserCredentials
from exporter.kubernetes.errors import CredentialsError
from exporter.kubernetes.stored_credential import StoredCredential


def key_pair(name: str) -> KeyPair:
    issued = trustme.CA().issue_cert(name)
    return KeyPair(issued.cert_chain_pems[0].bytes(), issued.private_key_pem.bytes())


async def test_nothing_stored_is_an_anonymous_user() -> None:
    assert await StoredCredential().read() == Credential()


async def test_a_token_file_is_stripped_and_wins_over_a_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("abc\n")

    stored = StoredCredential(authorization="Bearer other", token_file=file)

    assert (await stored.read()).authorization == "Bearer abc"


@pytest.mark.looptime
async def test_a_token_file_is_read_again_after_a_minute(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first")
    credentials = UserCredentials(StoredCredential(token_file=file))
    await credentials.current()
    file.write_text("second")

    await asyncio.sleep(50)
    assert (await credentials.current()).authorization == "Bearer first"

    await asyncio.sleep(11)
    assert (await credentials.current()).authorization == "Bearer second"


@pytest.mark.looptime
async def test_the_last_token_stays_while_its_file_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first")
    credentials = UserCredentials(StoredCredential(token_file=file))
    await credentials.current()
    file.unlink()

    await asyncio.sleep(3600)
    assert (await credentials.current()).authorization == "Bearer first"


@pytest.mark.looptime
async def test_a_token_file_is_read_again_when_its_token_is_rejected(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first")
    credentials = UserCredentials(StoredCredential(token_file=file))
    rejected = await credentials.current()
    file.write_text("second")

    credentials.rejected(rejected)

    assert (await credentials.current()).authorization == "Bearer second"


@pytest.mark.looptime
async def test_a_rotated_key_pair_is_taken_once_both_files_are_there(tmp_path: Path) -> None:
    old, new = key_pair("old"), key_pair("new")
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    certificate.write_bytes(old.certificate)
    key.write_bytes(old.key)
    credentials = UserCredentials(StoredCredential(certificate=certificate, key=key))
    assert (await credentials.current()).key_pair == old

    certificate.write_bytes(new.certificate)
    await asyncio.sleep(61)
    assert (await credentials.current()).key_pair == old

    key.write_bytes(new.key)
    await asyncio.sleep(61)
    assert (await credentials.current()).key_pair == new


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "the token is empty"),
        ("two words", "the token holds spaces"),
        ("schlüssel", "the token holds spaces or characters"),
    ],
)
async def test_a_bad_token_file_is_named(tmp_path: Path, content: str, why: str) -> None:
    file = tmp_path / "token"
    file.write_text(content)

    with pytest.raises(CredentialsError, match=f"^tokenFile: {file}: {why}"):
        await StoredCredential(token_file=file).read()


async def test_a_token_file_that_is_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "token"
    os.mkfifo(pipe)

    with pytest.raises(CredentialsError, match=f"^tokenFile: {pipe}: Not a regular file"):
        await StoredCredential(token_file=pipe).read()


async def test_a_key_that_does_not_belong_to_the_certificate_is_named(tmp_path: Path) -> None:
    key = tmp_path / "tls.key"
    key.write_bytes(key_pair("a").key)
    stored = StoredCredential(certificate=key_pair("b").certificate, key=key)

    with pytest.raises(CredentialsError, match=f"^client-key: {key}: does not belong"):
        await stored.read()
