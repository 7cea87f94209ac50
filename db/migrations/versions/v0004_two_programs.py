"""The lowest revision that a program must know to work here, so that two releases work on one database.

From here on a migration only adds: a program of an earlier revision works on, down to the lowest that the last migration
names. A migration after which an earlier program would write something wrong, or leave something out, names itself.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
lowest = "0004"


def upgrade() -> None:
    """Add a table; its one row is written after each migration that names a `lowest`."""
    op.create_table(
        "weigai_lowest",
        sa.Column("revision", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name="pk_weigai_lowest"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Refuse: the record is kept, and so is what reads it."""
    raise RuntimeError("this schema holds the record; it is not taken back")
