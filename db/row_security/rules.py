"""What the application's role may do with each table of PostgreSQL, and with which of its rows.

The policies are written as PostgreSQL prints them, so that the census (`census.py`) can compare them with what is there.
They read two settings of the transaction (`scope.py`): `weigai.units`, codes of 6, 9 or 12 digits with commas, and
`weigai.person`; `weigai.login` lets one person's own rows through before its units are known. Empty settings let
nothing through. Codes are compared whole, at the lengths that codes have, never by a pattern.
"""

from __future__ import annotations

from typing import NamedTuple

from ...states.replay.entries import FIRST, SECOND
from ...states.replay.register import ADMIN
from ..tables import METADATA, VERSION_TABLE

TABLES = (*METADATA.tables, VERSION_TABLE)
ADDED_TO = ("weigai_event", "weigai_head", "weigai_leaf")  # never changed, never deleted from

# What the program does with each table besides reading and adding; whatever is not here, the role may not. It deletes
# nothing: whoever may DELETE may lock the whole table. What is erased is emptied.
_READ_ONLY = (VERSION_TABLE, "weigai_lowest", "weigai_database", "weigai_canary")
# What of a row is ever changed: never a key, nor whose the row is, so that none is carried into another scope; but a
# token of the index, which is a part of the key, gives way to a filler, and the data key of a file that was stored before
# names had a unit gets the name of its unit.
_CHANGED = {
    "weigai_case": (
        "policy_id",
        "policy_hash",
        "state",
        "version",
        "head",
        "classes",
        "opens_on",
        "archive_no",
        "no_house",
        "grade",
        "mode",
        "line",
        "approved_fen",
        "paid_fen",
        "approved_on",
        "final_on",
        "record",
        "due_on",
        "held",
        "intake",
    ),
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


# ---------------------------------------------------------------------- the scope

_SET = "NULLIF(current_setting('weigai.{}'::text, true), ''::text)"


def _listed(codes: str) -> str:
    return f"( SELECT string_to_array({codes}, ','::text) AS string_to_array)"


def _cut(codes: str, pattern: str, kept: str) -> str:
    return f"regexp_replace({codes}, '{pattern}'::text, '{kept}'::text, 'g'::text)"


_SIX, _KEPT = r"(^|,)([0-9]{6})([0-9]{3}|[0-9]{6})?(?=,|$)", r"\1\2"  # of a code of 6, 9 or 12 digits its county
_VILLAGE = r"(^|,)([0-9]{9})([0-9]{3})(?=,|$)"  # a village's code, and in it its township's
_SAID = _SET.format("units")
_UNITS, _LOGIN = _listed(_SAID), _listed(_SET.format("login"))
_COUNTIES = _listed(_cut(_SAID, _SIX, _KEPT))
_TOWNSHIPS = _listed(_cut(_SAID, _VILLAGE, _KEPT))
_OF_MORE = _listed(_cut(_cut(_SAID, _VILLAGE, ""), _SIX, _KEPT))  # counties of which more than villages is in scope
_PERSON = f'( SELECT {_SET.format("person")} AS "nullif")'

_WHOLE = f"(county = ANY ({_UNITS}::text[]))"  # the county itself is in scope
_PART = f"(county = ANY ({_COUNTIES}::text[]))"  # something of the county is
_KIND, _NAME = "split_part(stream, '/'::text, 1)", "split_part(stream, '/'::text, 2)"
_OF_CASE = "( SELECT 1 FROM weigai_case c WHERE ((c.county = {}.county) AND (c.id = {})))"


_FORMED = (  # an office's name, a unit's code and a day, as the program writes them
    "(office ~ '^[A-Za-z_]+$'::text) AND (unit ~ '^([0-9]{6}|[0-9]{9}|[0-9]{12})$'::text)"
    " AND (since ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'::text)"
)
_MASTER = "(master ~ '^[0-9a-f]{12}$'::text)"  # as `keys.master_id` makes it


class Rule(NamedTuple):
    """One policy: its name, for which command, and the conditions on rows that are there and on rows that are written."""

    name: str
    command: str
    using: str | None
    check: str | None


def _lies(code: str) -> str:
    """Return the condition that a unit lies in scope; filled up with zeros a code stands for that unit alone."""
    above = (f"(substr({code}, 1, {n}) = ANY ({_UNITS}::text[]))" for n in (6, 9))
    return f"({' OR '.join(above)} OR (rpad({code}, 12, '0'::text) = ANY ({_UNITS}::text[])))"


def _near(code: str) -> str:
    """Return the condition that a unit lies in scope, or above something that does."""
    return f"(({code} = ANY ({_COUNTIES}::text[])) OR ({code} = ANY ({_TOWNSHIPS}::text[])) OR {_lies(code)})"


def _own(code: str) -> str:
    """Return the condition that a code is one of the row's county, and no longer than codes are."""
    return f"({code} = (county || substr({code}, 7, 6)))"


def _granted(table: str, person: str, where: str | None = None) -> str:
    """Return the condition that a person holds an office for a unit in scope, or held or may hold one."""
    mine = f"(g.county = {table}.county) AND (g.person = {person}) AND {where or _lies('g.unit')}"
    return f"(EXISTS ( SELECT 1 FROM weigai_grant g WHERE ({mine})))"  # noqa: S608 - our own names


def _wholly(table: str) -> str:
    """Return the condition that a row is of no person's stream, of one's own, or of one with offices in scope alone."""
    person = f"split_part({table}.stream, '/'::text, 2)"
    beyond = _granted(table, person, f"(NOT {_lies('g.unit')})")
    return f"(({_KIND} <> 'person'::text) OR {_WHOLE} OR (stream = ('person/'::text || {_PERSON})) OR (NOT {beyond}))"


def _registers(table: str) -> str:
    """Return the condition that units are changed from here: from a township up, or by one of their administrators."""
    admin = _granted(table, _PERSON, f"(g.office = 'admin'::text) AND {_lies('g.unit')}")
    return f"((county = ANY ({_OF_MORE}::text[])) OR {admin})"


def _stream(table: str, county: str = _PART, more: str = "") -> str:
    """Return the condition that a row's stream is in scope.

    A case that can be seen, a unit, somebody with an office there, oneself, and where `county` holds the county's own.
    """
    name = f"split_part({table}.stream, '/'::text, 2)"
    return (
        f"({_WHOLE} OR (({_KIND} = ANY (ARRAY['case'::text, 'unmasked'::text])) AND"
        f" (EXISTS {_OF_CASE.format(table, name)}))"
        f" OR (({_KIND} = 'unit'::text) AND {_own(_NAME)} AND {_lies(_NAME)})"
        f" OR (({_KIND} = 'person'::text) AND {_granted(table, name)})"
        f" OR ((stream = 'county'::text) AND {county})"
        f" OR ({_PART} AND (stream = ('person/'::text || {_PERSON})))"
        f" OR (({_PART} OR ({_UNITS} IS NULL)) AND (stream = ('refused/'::text || {_PERSON}))){more})"
    )


# ---------------------------------------------------------------------- the rules


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
    some = f"({_UNITS} IS NOT NULL)"
    return {
        **{name: [read] for name in (VERSION_TABLE, "weigai_lowest", "weigai_database")},
        "weigai_master": [read, Rule("weigai_write", "INSERT", None, f"((one = 1) AND {some} AND {_MASTER})")],
        # a plan is a published document, and is kept under the hash of what it says
        "weigai_policy": [read, Rule("weigai_write", "INSERT", None, f"({some} AND {own})")],
    }


def _of_streams() -> dict[str, list[Rule]]:
    somebodys = f" OR ({_PART} AND ({_KIND} = 'person'::text))"  # a guard compares tokens; an entry reads the head

    def written(table: str, more: str = "") -> str:
        return _stream(table, _registers(table), more)

    def emptying(table: str) -> str:
        return f"({written(table)} AND {_wholly(table)})"

    reaches = _granted("weigai_stream", "split_part(weigai_stream.stream, '/'::text, 2)", _near("g.unit"))
    agreed = f" OR ({_PART} AND ({_KIND} = 'person'::text) AND {reaches})"  # whoever may have agreed to an act
    emptied = "(value = ''::text) AND (salt = ''::text)"
    return {
        "weigai_event": _rows(_stream("weigai_event"), written("weigai_event")),
        "weigai_private": _rows(
            f"({_stream('weigai_private')} AND {_named_or_whole()})",
            written("weigai_private"),
            held=emptying("weigai_private"),
            becomes=emptied,
        ),
        "weigai_document": _rows(
            _stream("weigai_document"),
            written("weigai_document"),
            added=f"({written('weigai_document')} AND {_near_file()})",
            becomes=_paper(),
        ),
        "weigai_stream": _rows(
            _stream("weigai_stream", more=somebodys), written("weigai_stream"), held=written("weigai_stream", agreed)
        ),
        "weigai_index": _rows(
            _stream("weigai_index", more=somebodys),
            written("weigai_index"),
            held=emptying("weigai_index"),
            becomes="(substr(token, 1, 1) = '-'::text)",
        ),
        "weigai_key": _keys(),
        "weigai_leaf": _rows(_stream("weigai_leaf"), _WHOLE),
    }


def _named_or_whole() -> str:
    """Return the condition that a value of an official is the name, or the official has no office beyond the scope."""
    name = f"(field = (('persons/'::text || {_NAME}) || '/name'::text))"
    return f"({name} OR {_wholly('weigai_private')})"


def _near_file() -> str:
    """Return the condition that a new row names a paper of a unit in scope or above it, or one that the host keeps."""
    unit = "split_part(sha256, '/'::text, 1)"
    return f"((strpos(sha256, '/'::text) = 0) OR ({_own(unit)} AND {_near(unit)}))"


def _paper() -> str:
    """Return what a changed row of a paper is: emptied, or named by a token."""
    emptied = "((sha256 = ''::text) AND (salt = ''::text) AND (same IS NULL) AND (look IS NULL) AND (size = 0))"
    return f"({emptied} OR ((strpos(sha256, '/'::text) > 0) AND (same IS NOT NULL)))"


def _keys() -> list[Rule]:
    """Return the rules of data keys: a file's goes with the unit that stored it, or with a paper that names it.

    A file that was stored before names had a unit is `file/<SHA-256>`: whoever has a paper of it changes its key.
    """
    of_unit = f"((split_part(stream, '/'::text, 3) <> ''::text) AND {_own(_NAME)} AND {_lies(_NAME)})"
    plain = "(split_part(stream, '/'::text, 3) = ''::text)"
    paper = "(d.county = weigai_key.county) AND (d.sha256 = substr(weigai_key.stream, 6))"
    named = f"(EXISTS ( SELECT 1 FROM weigai_document d WHERE ({paper})))"  # noqa: S608 - our own names
    first = f"(stream = 'check'::text) AND {_PART}"

    def file(more: str) -> str:
        return f" OR (({_KIND} = 'file'::text) AND ({of_unit} OR {more}))"

    def written(more: str) -> str:
        return _stream("weigai_key", _registers("weigai_key"), more)

    changed = f"(stream <> 'check'::text) AND {written(file(f'({plain} AND {named})'))}"
    return _rows(
        _stream("weigai_key", more=f"{file(named)} OR ({first})"),
        f"({changed} AND {_wholly('weigai_key')})",
        added=written(f" OR (({_KIND} = 'file'::text) AND {of_unit})"),
        becomes="((wrapped IS NULL) = (erased_at IS NOT NULL))",
    )


def _of_register() -> dict[str, list[Rule]]:
    """Return the rules of who holds what where: the whole county may know it, and change it only for its own units."""
    login = f"((p.county = {{}}.county) AND ((p.id = ANY ({_LOGIN}::text[])) OR (p.account = ANY ({_LOGIN}::text[]))))"
    known = {
        name: f"({_PART} OR (EXISTS ( SELECT 1 FROM weigai_person p WHERE {login.format(name)})))"  # noqa: S608 - our own names
        for name in ("weigai_unit", "weigai_succession")
    }
    person = f"({_PART} OR (id = ANY ({_LOGIN}::text[])) OR (account = ANY ({_LOGIN}::text[])))"
    of_scope = _granted("weigai_person", "weigai_person.id")
    beyond = _granted("weigai_person", "weigai_person.id", f"(NOT {_lies('g.unit')})")
    account = f"({_WHOLE} OR ({_PART} AND (id = {_PERSON})) OR ({of_scope} AND (NOT {beyond})))"
    named = _granted("weigai_person", "weigai_person.account", "(g.person <> weigai_person.id)")
    nobodys = f"({_WHOLE} OR (NOT {named}))"  # no account that is the id of another who holds an office
    registered = f"(({_WHOLE} OR ({_PART} AND (id = {_PERSON})) OR {of_scope}) AND {_as_founded()} AND {nobodys})"
    others = f"({_lies('unit')} AND (person IS DISTINCT FROM {_PERSON}))"  # none for oneself
    unit = f"{_registers('weigai_unit')} AND {_own('code')} AND {_lies('code')}"
    went = f"{_registers('weigai_succession')} AND (code <> successor) AND {_own('code')} AND {_lies('code')}"
    return {
        "weigai_person": [
            Rule("weigai_read", "SELECT", person, None),
            Rule("weigai_write", "INSERT", None, registered),
            Rule("weigai_change", "UPDATE", account, f"({account} AND {nobodys})"),
        ],
        "weigai_grant": _rows(
            f"({_PART} OR (person = ANY ({_LOGIN}::text[])))",
            f"({_own('unit')} AND ({_WHOLE} OR {others}))",
            added=f"({_own('unit')} AND ({_WHOLE} OR ({others[1:-1]} AND {_FORMED})))",
        ),
        "weigai_unit": _rows(known["weigai_unit"], f"({unit})"),
        "weigai_succession": _rows(
            known["weigai_succession"], f"({went} AND {_own('successor')} AND {_lies('successor')})"
        ),
    }


def _as_founded() -> str:
    """Return the condition that a new person is of a trial, unless the county was founded: then nobody is."""
    first = f"(g.no = 1) AND (g.person = '{FIRST}'::text) AND (g.office = '{ADMIN}'::text) AND (g.unit = g.county)"
    mine = f"(g.county = weigai_person.county) AND {first} AND (g.confirmed_by = '{SECOND}'::text)"
    return f"((trial = 0) = (EXISTS ( SELECT 1 FROM weigai_grant g WHERE ({mine}))))"  # noqa: S608 - our own names


def _counted() -> str:
    """Return the condition that a running number counts what lies in the scope: a list's, an archive's, a county's."""
    kind, last = "split_part(key, '/'::text, 1)", "split_part(key, '/'::text, 3)"
    unit = "split_part(split_part(key, '/'::text, 2), '-'::text, 1)"
    return (
        f"({_PART} AND (({kind} <> ALL (ARRAY['list'::text, 'archive'::text]))"
        f" OR (({kind} = 'list'::text) AND {_own(unit)} AND {_lies(unit)})"
        f" OR (({kind} = 'archive'::text) AND {_own(last)} AND {_lies(last)})))"
    )


def _by_table() -> dict[str, list[Rule]]:
    on_list = (
        "( SELECT 1 FROM weigai_list l WHERE ((l.county = weigai_list_case.county) AND"
        " (l.id = weigai_list_case.list_id)))"
    )
    of_case = _OF_CASE.format("weigai_list_case", "weigai_list_case.case_id")
    listed = f"({_WHOLE} OR ((EXISTS {on_list}) AND (EXISTS {of_case})))"
    by_unit = ("weigai_unit_record", "weigai_canary")
    return {
        **_everybodys(),
        **{name: _rows(_lies("unit"), f"({_own('unit')} AND {_lies('unit')})") for name in by_unit},
        "weigai_case": _rows(
            _lies("unit"),
            f"({_own('unit')} AND {_lies('unit')})",
            added=f"({_own('unit')} AND {_lies('unit')} AND (substr(id, 1, 7) = (county || '-'::text)))",
        ),
        "weigai_list": _rows(
            _lies("unit"),
            f"({_own('unit')} AND {_lies('unit')})",
            added=f"({_own('unit')} AND {_lies('unit')} AND (split_part(id, '-'::text, 1) = unit))",
        ),
        "weigai_list_case": _rows(listed, listed),
        **_of_streams(),
        **_of_register(),
        "weigai_tally": _rows(_counted(), f"({_counted()[1:-1]} AND (value < 1000000000))"),
        "weigai_head": _rows(_PART, _WHOLE),
    }


# None for what the role may not do at all: should it be given the right, no row is there for it.
RULES = {table: [rule for rule in rules if rule.command in RIGHTS[table]] for table, rules in _by_table().items()}
