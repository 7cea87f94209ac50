"""Beside a host's own Alembic: `bring_up` inside its migrations, and `include_name` for its autogenerate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic import command, op
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, Table, Text, create_engine, inspect, text
from weigai.db import open_engine, schema
from weigai.db.schema import include_name
from weigai.db.tables import METADATA, SCHEMA, VERSION_TABLE
from weigai.states.errors import StoreError, StoreNotPrepared

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine

OURS = {*METADATA.tables, VERSION_TABLE}
ENV = """
from alembic import context

told = context.config.attributes
if context.is_offline_mode():
    context.configure(url=str(told["engine"].url), literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with told["engine"].connect() as connection:
        context.configure(connection=connection, **told["options"])
        with context.begin_transaction():
            context.run_migrations()
        context.get_context()  # the host's own environment is still the one at work
"""
HEAD = """
import sqlalchemy as sa
from alembic import context, op
from weigai.db.schema import bring_up

revision, down_revision = "{revision}", {down}


def upgrade():
{upgrade}


def downgrade():
{downgrade}
"""


class Host:
    """A host's Alembic on an engine, with the migrations that it is given."""

    def __init__(self, folder: Path, engine: Engine, **options: Any) -> None:
        self.folder, self.engine, self.last = folder / "migrations", engine, None
        (self.folder / "versions").mkdir(parents=True)
        (self.folder / "env.py").write_text(ENV, encoding="utf-8")
        self.config = Config()
        self.config.set_main_option("script_location", str(self.folder))
        self.config.attributes |= {"engine": engine, "options": options}

    def migration(self, upgrade: str, downgrade: str = "pass") -> None:
        """Write one more migration."""
        revision = f"h{len(list((self.folder / 'versions').glob('*.py')))}"
        parts = {
            name: "\n".join(f"    {line}" for line in code.splitlines())
            for name, code in (("upgrade", upgrade), ("downgrade", downgrade))
        }
        words = HEAD.format(revision=revision, down=repr(self.last), **parts)
        (self.folder / "versions" / f"{revision}.py").write_text(words, encoding="utf-8")
        self.last = revision

    def upgrade(self) -> None:
        command.upgrade(self.config, "head")

    def tables(self) -> set[str]:
        with self.engine.connect() as connection:
            return set(inspect(connection).get_table_names())


@pytest.fixture
def empty(store_url: str):
    made = open_engine(store_url)
    yield made
    made.dispose()


TABLE = "op.create_table('{}', sa.Column('id', sa.Integer(), primary_key=True))"
OPTIONS = {
    "as Alembic has it": {},
    "a transaction for each": {"transaction_per_migration": True},
    "one for all": {"transactional_ddl": True},
    "each, with its definitions": {"transactional_ddl": True, "transaction_per_migration": True},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_a_hosts_migration_goes_on_after_it(empty: Engine, tmp_path: Path, options: dict[str, bool]) -> None:
    host = Host(tmp_path, empty, **options)
    host.migration(
        f"""{TABLE.format("before")}
assert bring_up(op.get_bind()) == (None, {SCHEMA!r})
assert op.get_context().version_table == "alembic_version"
assert context.get_context() is op.get_context()
{TABLE.format("after")}
with op.batch_alter_table("after") as batch:
    batch.add_column(sa.Column("words", sa.Text()))
op.bulk_insert(sa.table("after", sa.column("words")), [{{"words": "one"}}])
assert bring_up(op.get_bind()) == ({SCHEMA!r}, {SCHEMA!r})
op.execute("INSERT INTO after (words) VALUES ('two')")"""
    )
    host.migration(TABLE.format("next"))
    host.upgrade()
    assert host.tables() == OURS | {"before", "after", "next", "alembic_version"}
    with empty.connect() as connection:
        schema.check(connection)
        assert connection.execute(text("SELECT words FROM after ORDER BY 1")).scalars().all() == ["one", "two"]
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [host.last]


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_it_goes_back_with_a_hosts_migration_that_fails(
    empty: Engine, tmp_path: Path, options: dict[str, bool]
) -> None:
    host = Host(tmp_path, empty, **options)
    host.migration(TABLE.format("first"))
    host.migration(f"{TABLE.format('before')}\nbring_up(op.get_bind())\nraise KeyError('the host')")
    with pytest.raises(KeyError, match="the host"):
        host.upgrade()
    left = host.tables()
    assert not left & {*OURS, "before"}
    assert left in (set(), {"first", "alembic_version"})  # one transaction for all, or one for each
    file = host.folder / "versions" / "h1.py"
    file.write_text(file.read_text(encoding="utf-8").replace("raise KeyError('the host')", "pass"), encoding="utf-8")
    host.upgrade()
    assert host.tables() == OURS | {"first", "before", "alembic_version"}


def test_a_hosts_operations_are_given_back_where_it_fails(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    host = Host(tmp_path, engine)
    host.migration(
        f"""op.create_table("weigai_case", sa.Column("id", sa.Integer()))
try:
    bring_up(op.get_bind())
except sa.exc.OperationalError:
    assert op.get_context().version_table == "alembic_version"
    {TABLE.format("after")}"""
    )
    host.upgrade()
    assert "after" in host.tables()
    engine.dispose()


def test_outside_a_hosts_migration_alembic_is_left_as_it_was(empty: Engine) -> None:
    before = dict(vars(op))
    assert schema.upgrade(empty) == (None, SCHEMA)
    assert vars(op) == before


def test_a_hosts_patience_stays_as_it_was(postgres, tmp_path: Path) -> None:
    engine = open_engine(postgres.fresh())
    host = Host(tmp_path, engine)
    host.migration(
        """asked = lambda: op.get_bind().exec_driver_sql("SHOW lock_timeout").scalar()
before = asked()
bring_up(op.get_bind(), role="weigai_app")
assert asked() == before"""
    )
    host.upgrade()
    with engine.connect() as connection:
        walled = "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'weigai_case'"
        assert connection.exec_driver_sql(walled).scalar() is True
    engine.dispose()


def test_a_downgrade_leaves_the_record(empty: Engine, tmp_path: Path) -> None:
    host = Host(tmp_path, empty)
    host.migration(f"bring_up(op.get_bind())\n{TABLE.format('notes')}", "op.drop_table('notes')")
    host.upgrade()
    with empty.begin() as connection:
        connection.execute(text("INSERT INTO weigai_tally VALUES ('150783', 'k', 7)"))
    command.downgrade(host.config, "base")
    assert host.tables() == OURS | {"alembic_version"}
    host.upgrade()
    with empty.connect() as connection:
        assert connection.execute(text("SELECT value FROM weigai_tally")).scalar() == 7


def test_offline_it_is_refused_in_words(empty: Engine, tmp_path: Path) -> None:
    host = Host(tmp_path, empty)
    host.migration("bring_up(op.get_bind())")
    with pytest.raises(StoreError) as refused:
        command.upgrade(host.config, "head", sql=True)
    assert "--sql" in refused.value.message("en")
    assert host.tables() == set()


def test_an_engine_that_was_not_prepared_is_refused(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    host = Host(tmp_path, engine)
    host.migration("bring_up(op.get_bind())")
    with pytest.raises(StoreNotPrepared):
        host.upgrade()
    assert not host.tables() & OURS
    engine.dispose()


def test_a_connection_that_commits_each_statement_is_refused(postgres) -> None:
    engine = open_engine(postgres.fresh())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        with pytest.raises(StoreNotPrepared):
            schema.bring_up(connection)
        assert inspect(connection).get_table_names() == []
    engine.dispose()


# ---------------------------------------------------------------------- autogenerate


def _metadata(where: str | None = None) -> MetaData:
    made = MetaData()
    Table("kept", made, Column("id", Integer, primary_key=True), Column("weigai_case", Text, index=True), schema=where)
    Table("wanted", made, Column("id", Integer, primary_key=True), schema=where)
    return made


def _proposed(connection: Connection, metadata: MetaData, **options: Any) -> set[tuple[str, str]]:
    """Return what autogenerate proposes, each with the name of its table."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, **options})
    found = compare_metadata(context, metadata)
    flat = [one for many in found for one in (many if isinstance(many, list) else [many])]
    return {(one[0], getattr(one[1], "name", None) or one[2]) for one in flat}


def _hosts_tables(connection: Connection, where: str = "") -> None:
    """Make one of the host's tables without its index, and one that its models do not have."""
    connection.execute(text(f"CREATE TABLE {where}kept (id INTEGER NOT NULL PRIMARY KEY, weigai_case TEXT)"))
    connection.execute(text(f"CREATE TABLE {where}gone (id INTEGER NOT NULL PRIMARY KEY)"))


OF_THE_HOST = {("add_table", "wanted"), ("add_index", "ix_kept_weigai_case"), ("remove_table", "gone")}


def _by_object(object_: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    return include_name(name, kind, {})


FILTERS = {
    "by name": {"include_name": include_name},
    "by object": {"include_object": _by_object},
}


@pytest.mark.parametrize("options", FILTERS.values(), ids=FILTERS.keys())
@pytest.mark.parametrize("whole", [False, True], ids=["one schema", "every schema"])
def test_autogenerate_proposes_nothing_of_ours_and_all_of_the_hosts(
    engine: Engine, options: dict[str, Any], whole: bool
) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE weigai_note (id INTEGER)"))  # of a later release
        _hosts_tables(connection)
    with engine.connect() as connection:
        told = _proposed(connection, _metadata(), include_schemas=whole, **options)
        assert told == OF_THE_HOST
        unfiltered = _proposed(connection, _metadata(), include_schemas=whole)
        assert {("remove_table", name) for name in OURS} <= unfiltered


def test_a_hosts_own_filter_is_asked_beside_it(engine: Engine) -> None:
    with engine.begin() as connection:
        _hosts_tables(connection)

    def both(name: str | None, kind: str, parents: Any) -> bool:
        return include_name(name, kind, parents) and name != "gone"

    with engine.connect() as connection:
        told = _proposed(connection, _metadata(), include_name=both)
        assert told == OF_THE_HOST - {("remove_table", "gone")}


def test_tables_of_ours_and_of_the_hosts_in_another_schema(postgres) -> None:
    url = postgres.fresh()
    root = open_engine(url)
    with root.begin() as connection:
        connection.execute(text("CREATE SCHEMA approvals"))
        connection.execute(text("CREATE SCHEMA host"))
        _hosts_tables(connection, "host.")
    ours = open_engine(f"{url}?options=-csearch_path%3Dapprovals")
    schema.upgrade(ours)
    with root.connect() as connection:
        told = _proposed(connection, _metadata("host"), include_schemas=True, include_name=include_name)
        assert told == {(what, name.replace("ix_", "ix_host_")) for what, name in OF_THE_HOST}
        assert ("remove_table", "weigai_case") in _proposed(connection, _metadata("host"), include_schemas=True)
    for engine in (ours, root):
        engine.dispose()
