"""The papers of a case as the release before this one stored them: rows, keys and files by the plain SHA-256."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from sqlalchemy import text
from weigai.db.vault.cipher import as_text, encrypted
from weigai.db.vault.papers import lock_of, of_stream
from weigai.db.vault.values import Vault, owner_of

if TYPE_CHECKING:
    from tests.support import Desk


def as_before(desk: Desk, stream: str) -> list[str]:
    """Put the papers of a stream, which nobody else may share, into the form of before; return their SHA-256."""
    connection, keys = desk.session.connection(), desk.api.context.keys
    assert keys is not None
    vault, county = Vault(connection, keys), "150783"
    names = connection.execute(
        text("SELECT sha256 FROM weigai_document WHERE stream = :stream ORDER BY seq, no"), {"stream": stream}
    ).scalars()
    done: list[str] = []
    for name, one in zip(list(names), of_stream(connection, vault, county, stream), strict=True):
        sha256 = one.paper.sha256
        row = {"name": name, "sha256": sha256, "stream": stream, "file": f"file/{sha256}", "new": f"file/{name}"}
        if sha256 not in done:
            lock = lock_of(vault, county, name)
            assert lock is not None
            content, key = desk.files.content(county, lock), secrets.token_bytes(32)
            bound = json.dumps(["weigai.file.v1", county, sha256]).encode()
            desk.files.put(county, content, lock._replace(key=key, bound=bound, name=sha256))
            desk.files.drop(county, lock.name)
            master, secret = keys.master
            owner = owner_of(county, f"file/{sha256}", "file", master)
            row |= {"master": master, "wrapped": as_text(encrypted("aes", secret, key, owner, secrets.token_bytes))}
            moved = "SET stream = :file, person = 'file', master = :master, wrapped = :wrapped WHERE stream = :new AND wrapped IS NOT NULL"
            connection.execute(text(f"UPDATE weigai_key {moved}"), row)
            done.append(sha256)
        was = "SET sha256 = :sha256, same = NULL WHERE stream = :stream AND sha256 = :name"
        connection.execute(text(f"UPDATE weigai_document {was}"), row)
    gone = "DELETE FROM weigai_private WHERE stream = :stream AND field LIKE 'documents/%'"
    connection.execute(text(gone), {"stream": stream})
    return done
