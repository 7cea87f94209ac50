"""Clocks and holds of a case, how it came in, the look of pictures, and the records of units."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add columns that may be empty, and a table; no row is rewritten."""
    for name in ("due_on", "held", "intake"):
        op.add_column("weigai_case", sa.Column(name, sa.Text(), nullable=True))
    op.create_index("ix_weigai_case_county_due_on", "weigai_case", ["county", "due_on"])
    op.add_column("weigai_document", sa.Column("look", sa.Text(), nullable=True))
    op.create_table(
        "weigai_unit_record",
        sa.Column("county", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("done_on", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("county", "unit", "action", "period", "seq", name="pk_weigai_unit_record"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Refuse: taking columns and records away would lose what was entered."""
    raise RuntimeError("this schema holds the record; it is not taken back")
