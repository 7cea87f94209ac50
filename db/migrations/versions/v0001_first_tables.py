"""The tables of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "weigai_case",
        sa.Column("county", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("township", sa.Text(), nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("policy_hash", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", _BIG, nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("classes", sa.Text(), nullable=True),
        sa.Column("opened_on", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Text(), nullable=False),
        sa.Column("opens_on", sa.Text(), nullable=True),
        sa.Column("archive_no", sa.Text(), nullable=True),
        sa.Column("no_house", _BIG, nullable=False),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column("line", sa.Text(), nullable=True),
        sa.Column("approved_fen", _BIG, nullable=True),
        sa.Column("paid_fen", _BIG, nullable=True),
        sa.Column("approved_on", sa.Text(), nullable=True),
        sa.Column("final_on", sa.Text(), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("county", "id", name="pk_weigai_case"),
        sa.UniqueConstraint("county", "archive_no", name="uq_weigai_case_county_archive_no"),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_weigai_case_worklist", "weigai_case", ["county", "township", "state", "opened_at", "id", "opens_on"]
    )
    op.create_table(
        "weigai_document",
        sa.Column("county", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("no", _BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", _BIG, nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("county", "stream", "seq", "no", name="pk_weigai_document"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "weigai_event",
        sa.Column("county", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=True),
        sa.Column("acted_by", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("occurred_on", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.Text(), nullable=False),
        sa.Column("policy_hash", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("county", "stream", "seq", name="pk_weigai_event"),
        sa.UniqueConstraint("county", "stream", "request_id", name="uq_weigai_event_county_stream_request_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "weigai_index",
        sa.Column("county", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("county", "kind", "token", "stream", "person", name="pk_weigai_index"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "weigai_list",
        sa.Column("county", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("held_on", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("county", "id", name="pk_weigai_list"),
        sqlite_strict=True,
    )
    op.create_table(
        "weigai_list_case",
        sa.Column("county", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("county", "list_id", "case_id", name="pk_weigai_list_case"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "weigai_office",
        sa.Column("county", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("county", "person", "office", "unit", name="pk_weigai_office"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "weigai_person",
        sa.Column("county", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("trial", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("county", "id", name="pk_weigai_person"),
        sa.UniqueConstraint("county", "account", name="uq_weigai_person_county_account"),
        sqlite_strict=True,
    )
    op.create_table(
        "weigai_policy",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("moves", sa.Text(), nullable=False),
        sa.Column("stored_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_weigai_policy"),
        sqlite_strict=True,
    )
    op.create_table(
        "weigai_private",
        sa.Column("county", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("county", "stream", "seq", "field", name="pk_weigai_private"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "weigai_stream",
        sa.Column("county", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("county", "stream", name="pk_weigai_stream"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "weigai_tally",
        sa.Column("county", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("county", "key", name="pk_weigai_tally"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "weigai_unit",
        sa.Column("county", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("county", "code", name="pk_weigai_unit"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Refuse: the first revision holds the record itself."""
    raise RuntimeError("the first schema cannot be taken back: it holds the record")
