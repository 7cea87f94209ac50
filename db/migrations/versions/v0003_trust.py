"""Data keys, grants by two persons, units that change, published heads, and a row that nobody may read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SMALL = {"sqlite_strict": True, "sqlite_with_rowid": False}


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, _BIG, nullable=False)


def upgrade() -> None:
    """Add tables and columns; no event is touched."""
    _table(
        "weigai_key",
        ("county", "stream", "person"),
        _text("master"),
        _text("wrapped", null=True),
        _text("erased_at", null=True),
    )
    _grants()
    op.add_column("weigai_unit", _text("since", null=True))
    op.add_column("weigai_unit", _text("until", null=True))
    _table("weigai_succession", ("county", "code", "successor"), _text("since"))
    op.drop_column("weigai_person", "name")  # it stands among the personal values of the person's stream
    head = (_text("alg"), _text("made_at"), _whole("events"), _whole("leaves"), _text("prev", null=True), _text("root"))
    _table("weigai_head", ("county", "no"), *head)
    _table("weigai_leaf", ("county", "no", "stream"), _whole("seq"), _text("hash"))
    op.create_index("ix_weigai_list_county_unit", "weigai_list", ["county", "unit"])  # a unit's lists, for verifying
    _table("weigai_canary", ("county", "unit"))
    op.create_index("ix_weigai_index_county_stream", "weigai_index", ["county", "stream"])  # whose numbers these are
    op.execute("INSERT INTO weigai_canary VALUES ('000000', '000000000000')")
    if op.get_bind().dialect.name == "sqlite":
        _only_added_to()


def _only_added_to() -> None:
    """Refuse a change of what is written, also by REPLACE; PostgreSQL's role has no right to one."""
    for table in ("weigai_event", "weigai_head", "weigai_leaf"):
        for name, command in (("no_update", "UPDATE"), ("no_delete", "DELETE")):
            op.execute(
                f"CREATE TRIGGER {table}_{name} BEFORE {command} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is only ever added to'); END"
            )


def _table(name: str, key: tuple[str, ...], *columns: sa.Column[str] | sa.Column[int]) -> None:
    keys = [_whole(k) if k == "no" else _text(k) for k in key]
    op.create_table(name, *keys, *columns, sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"), **_SMALL)


def _grants() -> None:
    """Take the offices over as grants of the event that registered their person: one person made them."""
    key = ("county", "person", "no", "office", "unit")
    ends = (_text("since"), _text("until", null=True), _text("proposed_by"), _text("confirmed_by", null=True))
    _table("weigai_grant", key, *ends)
    op.execute(
        "INSERT INTO weigai_grant SELECT o.county, o.person, 1, o.office, o.unit, o.since, o.until, e.acted_by, e.acted_by"
        " FROM weigai_office o JOIN weigai_event e"
        " ON e.county = o.county AND e.stream = 'person/' || o.person AND e.seq = 1"
    )
    op.drop_table("weigai_office")


def downgrade() -> None:
    """Refuse: taking the record of grants and keys away would lose what was entered."""
    raise RuntimeError("this schema holds the record; it is not taken back")
