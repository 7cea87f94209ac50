"""What the application's role may do with each table of PostgreSQL, and with which of its rows.

The policies are written as PostgreSQL prints them, so that the census (`census.py`) can compare them with what is there.
"""

from __future__ import annotations

from typing import NamedTuple

from ...states.replay.entries import FIRST, SECOND
from ...states.replay.register import ADMIN
from ..statements import MOVED
from ..tables import METADATA, VERSION_TABLE
from .conditions import (
    FORMED,
    KIND,
    LOGIN,
    MASTER,
    NAME,
    OF_CASE,
    PART,
    PERSON,
    UNITS,
    WHOLE,
    counted,
    emptied_or_named,
    granted,
    lies,
    named_or_whole,
    near,
    near_file,
    of_county,
    of_stream,
    registers,
    wholly,
)

TABLES = (*METADATA.tables, VERSION_TABLE)
ADDED_TO = ("weigai_event", "weigai_head", "weigai_leaf")  # never changed, never deleted from

# What the program does with each table besides reading and adding; whatever is not here, the role may not. It deletes
# nothing: whoever may DELETE may lock the whole table. What is erased is emptied.
_READ_ONLY = (VERSION_TABLE, "weigai_lowest", "weigai_database", "weigai_canary")
# What of a row is ever changed: never a key, nor whose the row is, so that none is carried into another scope; but a
# token of the index, which is a part of the key, gives way to a filler, and the data key of a file that was stored before
# names had a unit gets the name of its unit.
_CHANGED = {
    "weigai_case": (*MOVED, "classes"),
    "weigai_stream": ("seq", "head"),
    "weigai_index": ("token",),
    "weigai_key": ("stream", "person", "master", "wrapped", "erased_at"),
    "weigai_private": ("salt", "value"),
    "weigai_document": ("sha256", "salt", "same", "look", "size"),
    "weigai_list": ("state", "record"),
    "weigai_unit": ("name", "until"),
    "weigai_person": ("account",),
    "weigai_grant": ("until", "confirmed_by"),
    "weigai_tally": ("value",),
}


def _rights(table: str) -> dict[str, tuple[str, ...]]:
    adds = {} if table in _READ_ONLY else {"INSERT": ()}
    changes = {"UPDATE": _CHANGED[table]} if table in _CHANGED else {}
    return {"SELECT": (), **adds, **changes}


# For each table the rights of the role, each with the columns that it is for; without any, for all of them.
RIGHTS = {table: _rights(table) for table in TABLES}


class Rule(NamedTuple):
    """One policy: its name, for which command, and the conditions on rows that are there and on rows that are written."""

    name: str
    command: str
    using: str | None
    check: str | None


def _rows(
    reading: str, writing: str, *, added: str | None = None, held: str | None = None, becomes: str | None = None
) -> list[Rule]:
    """Return the rules of a table: for what is read, added, and changed.

    `held` is which rows can be held and changed, where that is not what can be written; `becomes` what one is to be then.
    """
    changed = f"({becomes} AND {writing})" if becomes else writing
    return [
        Rule("weigai_read", "SELECT", reading, None),
        Rule("weigai_write", "INSERT", None, added or writing),
        Rule("weigai_change", "UPDATE", held or writing, changed),
    ]


def _everybodys() -> dict[str, list[Rule]]:
    read = Rule("weigai_read", "SELECT", "true", None)
    lines = "replace(content, (chr(13) || chr(10)), chr(10))"
    own = f"(hash = ('sha256:'::text || encode(sha256(convert_to({lines}, 'UTF8'::name)), 'hex'::text)))"
    some = f"({UNITS} IS NOT NULL)"
    return {
        **{name: [read] for name in (VERSION_TABLE, "weigai_lowest", "weigai_database")},
        "weigai_master": [read, Rule("weigai_write", "INSERT", None, f"((one = 1) AND {some} AND {MASTER})")],
        # a plan is a published document, and is kept under the hash of what it says
        "weigai_policy": [read, Rule("weigai_write", "INSERT", None, f"({some} AND {own})")],
    }


def _of_streams() -> dict[str, list[Rule]]:
    somebodys = f" OR ({PART} AND ({KIND} = 'person'::text))"  # a guard compares tokens; an entry reads the head

    emptied = "(value = ''::text) AND (salt = ''::text)"
    return {
        "weigai_event": _rows(of_stream("weigai_event"), _written("weigai_event")),
        "weigai_private": _rows(
            f"({of_stream('weigai_private')} AND {named_or_whole()})",
            _written("weigai_private"),
            held=_emptying("weigai_private"),
            becomes=emptied,
        ),
        "weigai_document": _rows(
            of_stream("weigai_document"),
            _written("weigai_document"),
            added=f"({_written('weigai_document')} AND {near_file()})",
            becomes=emptied_or_named(),
        ),
        "weigai_stream": _heads(somebodys),
        "weigai_index": _rows(
            of_stream("weigai_index", more=somebodys),
            _written("weigai_index"),
            held=_emptying("weigai_index"),
            becomes="(substr(token, 1, 1) = '-'::text)",
        ),
        "weigai_key": _keys(),
        "weigai_leaf": _rows(of_stream("weigai_leaf"), WHOLE),
    }


def _heads(somebodys: str) -> list[Rule]:
    """Return the rules of the heads of streams; a head is held too, unchanged, by an act to which its person agreed."""
    reaches = granted("weigai_stream", "split_part(weigai_stream.stream, '/'::text, 2)", near("g.unit"))
    agreed = f" OR ({PART} AND ({KIND} = 'person'::text) AND {reaches})"  # whoever may have agreed to an act
    seen, written = of_stream("weigai_stream", more=somebodys), _written("weigai_stream")
    return _rows(seen, written, held=_written("weigai_stream", agreed))


def _written(table: str, more: str = "") -> str:
    """Return the condition that a row of a stream can be written: the county's own only by whoever changes units."""
    return of_stream(table, registers(table), more)


def _emptying(table: str) -> str:
    """Return the condition that a row of a stream can be emptied."""
    return f"({_written(table)} AND {wholly(table)})"


def _keys() -> list[Rule]:
    """Return the rules of data keys: a file's goes with the unit that stored it, or with a paper that names it.

    A file that was stored before names had a unit is `file/<SHA-256>`: whoever has a paper of it changes its key.
    """
    of_unit = f"((split_part(stream, '/'::text, 3) <> ''::text) AND {of_county(NAME)} AND {lies(NAME)})"
    plain = "(split_part(stream, '/'::text, 3) = ''::text)"
    paper = "(d.county = weigai_key.county) AND (d.sha256 = substr(weigai_key.stream, 6))"
    named = f"(EXISTS ( SELECT 1 FROM weigai_document d WHERE ({paper})))"  # noqa: S608 - our own names
    first = f"(stream = 'check'::text) AND {PART}"

    def file(more: str) -> str:
        return f" OR (({KIND} = 'file'::text) AND ({of_unit} OR {more}))"

    changed = f"(stream <> 'check'::text) AND {_written('weigai_key', file(f'({plain} AND {named})'))}"
    return _rows(
        of_stream("weigai_key", more=f"{file(named)} OR ({first})"),
        f"({changed} AND {wholly('weigai_key')})",
        added=_written("weigai_key", f" OR (({KIND} = 'file'::text) AND {of_unit})"),
        becomes="((wrapped IS NULL) = (erased_at IS NOT NULL))",
    )


def _of_register() -> dict[str, list[Rule]]:
    """Return the rules of who holds what where: the whole county may know it, and change it only for its own units."""
    login = f"((p.county = {{}}.county) AND ((p.id = ANY ({LOGIN}::text[])) OR (p.account = ANY ({LOGIN}::text[]))))"
    known = {
        name: f"({PART} OR (EXISTS ( SELECT 1 FROM weigai_person p WHERE {login.format(name)})))"  # noqa: S608 - our own names
        for name in ("weigai_unit", "weigai_succession")
    }
    others = f"({lies('unit')} AND (person IS DISTINCT FROM {PERSON}))"  # none for oneself
    unit = f"{registers('weigai_unit')} AND {of_county('code')} AND {lies('code')}"
    went = f"{registers('weigai_succession')} AND (code <> successor) AND {of_county('code')} AND {lies('code')}"
    return {
        "weigai_person": _persons(),
        "weigai_grant": _rows(
            f"({PART} OR (person = ANY ({LOGIN}::text[])))",
            f"({of_county('unit')} AND ({WHOLE} OR {others}))",
            added=f"({of_county('unit')} AND ({WHOLE} OR ({others[1:-1]} AND {FORMED})))",
        ),
        "weigai_unit": _rows(known["weigai_unit"], f"({unit})"),
        "weigai_succession": _rows(
            known["weigai_succession"], f"({went} AND {of_county('successor')} AND {lies('successor')})"
        ),
    }


def _persons() -> list[Rule]:
    """Return the rules of persons: whoever has an office in scope is registered and given an account from there."""
    person = f"({PART} OR (id = ANY ({LOGIN}::text[])) OR (account = ANY ({LOGIN}::text[])))"
    of_scope = granted("weigai_person", "weigai_person.id")
    beyond = granted("weigai_person", "weigai_person.id", f"(NOT {lies('g.unit')})")
    account = f"({WHOLE} OR ({PART} AND (id = {PERSON})) OR ({of_scope} AND (NOT {beyond})))"
    named = granted("weigai_person", "weigai_person.account", "(g.person <> weigai_person.id)")
    nobodys = f"({WHOLE} OR (NOT {named}))"  # no account that is the id of another who holds an office
    registered = f"(({WHOLE} OR ({PART} AND (id = {PERSON})) OR {of_scope}) AND {_as_founded()} AND {nobodys})"
    return [
        Rule("weigai_read", "SELECT", person, None),
        Rule("weigai_write", "INSERT", None, registered),
        Rule("weigai_change", "UPDATE", account, f"({account} AND {nobodys})"),
    ]


def _as_founded() -> str:
    """Return the condition that a new person is of a trial, unless the county was founded: then nobody is."""
    first = f"(g.no = 1) AND (g.person = '{FIRST}'::text) AND (g.office = '{ADMIN}'::text) AND (g.unit = g.county)"
    mine = f"(g.county = weigai_person.county) AND {first} AND (g.confirmed_by = '{SECOND}'::text)"
    return f"((trial = 0) = (EXISTS ( SELECT 1 FROM weigai_grant g WHERE ({mine}))))"  # noqa: S608 - our own names


def _by_table() -> dict[str, list[Rule]]:
    on_list = (
        "( SELECT 1 FROM weigai_list l WHERE ((l.county = weigai_list_case.county) AND"
        " (l.id = weigai_list_case.list_id)))"
    )
    of_case = OF_CASE.format("weigai_list_case", "weigai_list_case.case_id")
    listed = f"({WHOLE} OR ((EXISTS {on_list}) AND (EXISTS {of_case})))"
    by_unit = ("weigai_unit_record", "weigai_canary")
    return {
        **_everybodys(),
        **{name: _rows(lies("unit"), f"({of_county('unit')} AND {lies('unit')})") for name in by_unit},
        "weigai_case": _rows(
            lies("unit"),
            f"({of_county('unit')} AND {lies('unit')})",
            added=f"({of_county('unit')} AND {lies('unit')} AND (substr(id, 1, 7) = (county || '-'::text)))",
        ),
        "weigai_list": _rows(
            lies("unit"),
            f"({of_county('unit')} AND {lies('unit')})",
            added=f"({of_county('unit')} AND {lies('unit')} AND (split_part(id, '-'::text, 1) = unit))",
        ),
        "weigai_list_case": _rows(listed, listed),
        **_of_streams(),
        **_of_register(),
        "weigai_tally": _rows(counted(), f"({counted()[1:-1]} AND (value < 1000000000))"),
        "weigai_head": _rows(PART, WHOLE),
    }


# None for what the role may not do at all: should it be given the right, no row is there for it.
RULES = {table: [rule for rule in rules if rule.command in RIGHTS[table]] for table, rules in _by_table().items()}
