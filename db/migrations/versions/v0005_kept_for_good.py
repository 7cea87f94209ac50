"""The database's own id, the newest master key's id, and a token by which one paper is found in two cases.

An earlier program would wrap data keys under an old master key and delete what is emptied now, so this revision is the
lowest that a program must know.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
lowest = "0005"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SMALL = {"sqlite_strict": True, "sqlite_with_rowid": False}


def upgrade() -> None:
    """Add tables, a column and indexes, and rename what an erasure left; names are random, and no value is opened."""
    made = op.create_table(
        "weigai_database",
        sa.Column("id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_weigai_database"),
        **_SMALL,
    )
    op.bulk_insert(made, [{"id": secrets.token_hex(16)}])
    op.create_table(
        "weigai_master",
        sa.Column("one", _BIG, nullable=False),
        sa.Column("master", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_weigai_master"),
        **_SMALL,
    )
    op.add_column("weigai_document", sa.Column("same", sa.Text(), nullable=True))
    op.create_index("ix_weigai_document_county_sha256", "weigai_document", ["county", "sha256"])
    op.create_index("ix_weigai_event_county_recorded_at", "weigai_event", ["county", "recorded_at"])
    _without_names()


def _without_names() -> None:
    """Take the SHA-256 out of the names of destroyed files' keys that no paper names: erased papers were guessed from it."""
    erased = sa.text(
        "SELECT county, stream, person FROM weigai_key k WHERE stream LIKE 'file/%' AND wrapped IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM weigai_document d WHERE d.county = k.county AND 'file/' || d.sha256 = k.stream)"
    )
    renamed = sa.text(
        "UPDATE weigai_key SET stream = :new WHERE county = :county AND stream = :stream AND person = :person"
    )
    for row in op.get_bind().execute(erased).mappings().all():
        op.get_bind().execute(renamed, {**row, "new": f"file/{row['county']}/-{secrets.token_hex(16)}"})


def downgrade() -> None:
    """Refuse: the record is kept, and so is what reads it."""
    raise RuntimeError("this schema holds the record; it is not taken back")
