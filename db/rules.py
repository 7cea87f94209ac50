"""What the application's role may do with each table, and the policies of row-level security on their rows.

The policies are written as PostgreSQL prints them, so that the census (`census.py`) can compare them with what is there.
They read two settings of the transaction (`scope.py`): `weigai.units`, codes of 6, 9 or 12 digits with commas, and
`weigai.person`; `weigai.login` lets one person's own rows through before its units are known. Empty settings let
nothing through. Codes are compared whole, at the lengths that codes have, never by a pattern.
"""

from __future__ import annotations

from typing import NamedTuple

from .tables import METADATA, VERSION_TABLE

TABLES = (*METADATA.tables, VERSION_TABLE)

# What the program does with each table besides reading and adding; whatever is not here, the role may not.
_READ_ONLY = (VERSION_TABLE, "weigai_lowest", "weigai_database", "weigai_canary")
# What of a row is ever changed: never a key, nor whose the row is, so that none is carried into another scope.
_CHANGED = {
    "weigai_case": (
        "policy_id", "policy_hash", "state", "version", "head", "classes", "opens_on", "archive_no", "no_house", "grade",
        "mode", "line", "approved_fen", "paid_fen", "approved_on", "final_on", "record", "due_on", "held", "intake",
    ),
    "weigai_stream": ("seq", "head"), "weigai_key": ("stream", "person", "master", "wrapped", "erased_at"),
    "weigai_list": ("state", "record"), "weigai_unit": ("name", "until"), "weigai_person": ("account",),
    "weigai_grant": ("until", "confirmed_by"), "weigai_tally": ("value",),
    "weigai_master": ("held",), "weigai_private": ("salt", "value"), "weigai_index": ("token",),
    "weigai_document": ("sha256", "salt", "same", "look", "size"),
}  # fmt: skip


def _rights(table: str) -> dict[str, tuple[str, ...]]:
    adds = {} if table in _READ_ONLY else {"INSERT": ()}
    changes = {"UPDATE": _CHANGED[table]} if table in _CHANGED else {}
    return {"SELECT": (), **adds, **changes}


# For each table the rights of the role, each with the columns that it is for; without any, for all of them.
RIGHTS = {table: _rights(table) for table in TABLES}

_SET = "NULLIF(current_setting('weigai.{}'::text, true), ''::text)"
_UNITS = f"( SELECT string_to_array({_SET.format('units')}, ','::text) AS string_to_array)"
_SIX, _KEPT = r"(^|,)([0-9]{6})([0-9]{3}|[0-9]{6})?(?=,|$)", r"\1\2"  # of a code of 6, 9 or 12 digits its county
_FIRST_SIX = f"regexp_replace({_SET.format('units')}, '{_SIX}'::text, '{_KEPT}'::text, 'g'::text)"
_COUNTIES = f"( SELECT string_to_array({_FIRST_SIX}, ','::text) AS string_to_array)"
_LOGIN = f"( SELECT string_to_array({_SET.format('login')}, ','::text) AS string_to_array)"
_PERSON = f'( SELECT {_SET.format("person")} AS "nullif")'

_WHOLE = f"(county = ANY ({_UNITS}::text[]))"  # the county itself is in scope
_PART = f"(county = ANY ({_COUNTIES}::text[]))"  # something of the county is
# of the scope something is a county or a township: who keeps the county's register, not who has a village alone
_ABOVE = f"({_SET.format('units')} ~ '(^|,)[0-9]{{6}}([0-9]{{3}})?(,|$)'::text)"
_KIND, _NAME = "split_part(stream, '/'::text, 1)", "split_part(stream, '/'::text, 2)"
_OF_CASE = "( SELECT 1 FROM weigai_case c WHERE ((c.county = {}.county) AND (c.id = {})))"


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


def _own(code: str) -> str:
    """Return the condition that a code is one of the row's county, and no longer than codes are."""
    return f"({code} = (county || substr({code}, 7, 6)))"


def _granted(table: str, person: str) -> str:
    """Return the condition that a person holds an office for a unit in scope, or held or may hold one."""
    mine = f"(g.county = {table}.county) AND (g.person = {person}) AND {_lies('g.unit')}"
    return f"(EXISTS ( SELECT 1 FROM weigai_grant g WHERE ({mine})))"  # noqa: S608 - our own names


def _stream(table: str, more: str = "", *, written: bool = False) -> str:
    """Return the condition that a row's stream is in scope.

    A case that can be seen, a unit, somebody with an office there, oneself, and the county's own, which names units.
    To the county's own, what is `written` comes from a scope with a township or the county in it.
    """
    county = f"((stream = 'county'::text) AND {_ABOVE})" if written else "(stream = 'county'::text)"
    name = f"split_part({table}.stream, '/'::text, 2)"
    return (
        f"({_WHOLE} OR (({_KIND} = ANY (ARRAY['case'::text, 'unmasked'::text])) AND"
        f" (EXISTS {_OF_CASE.format(table, name)}))"
        f" OR (({_KIND} = 'unit'::text) AND {_own(_NAME)} AND {_lies(_NAME)})"
        f" OR (({_KIND} = 'person'::text) AND {_granted(table, name)})"
        f" OR ({_PART} AND ({county} OR (stream = ('person/'::text || {_PERSON}))))"
        f" OR (stream = ('refused/'::text || {_PERSON})){more})"
    )


def _rows(
    reading: str, writing: str, *, added: str | None = None, locked: str | None = None, changed: str | None = None
) -> list[Rule]:
    """Return the rules of a table where more can be read than written.

    Args:
        locked: where more can be locked than changed.
        changed: what a row must be after a change, besides lying in scope.
    """
    after = writing if changed is None else f"({writing} AND {changed})"
    return [
        Rule("weigai_read", "SELECT", reading, None),
        Rule("weigai_write", "INSERT", None, added or writing),
        Rule("weigai_change", "UPDATE", locked or writing, after),
    ]


def _all(condition: str, writing: str | None = None) -> list[Rule]:
    return [Rule("weigai_scope", "ALL", condition, writing or condition)]


def _of_streams() -> dict[str, list[Rule]]:
    emptied = {
        "weigai_event": None,
        "weigai_private": "(salt = ''::text) AND (value = ''::text)",
        "weigai_document": "((sha256 = ''::text) OR (strpos(sha256, '/'::text) > 0))",
    }
    somebodys = f" OR ({_PART} AND ({_KIND} = 'person'::text))"  # a guard compares tokens; an entry locks the head
    head = _stream("weigai_stream", somebodys)
    check = f" OR ({_PART} AND (stream = 'check'::text))"
    own = f" OR (({_KIND} = 'file'::text) AND {_own(_NAME)} AND {_lies(_NAME)})"
    papers = (
        "( SELECT 1 FROM weigai_document d WHERE ((d.county = weigai_key.county) AND"
        " (d.sha256 = substr(weigai_key.stream, 6))))"
    )
    named = f" OR (({_KIND} = 'file'::text) AND (EXISTS {papers}))"
    return {
        **{name: _rows(_stream(name), _stream(name, written=True), changed=after) for name, after in emptied.items()},
        "weigai_stream": _rows(head, _stream("weigai_stream", written=True), locked=head),
        "weigai_index": _rows(
            _stream("weigai_index", somebodys),
            _stream("weigai_index", written=True),
            changed="(\"left\"(token, 1) = '-'::text)",
        ),
        "weigai_key": _rows(
            _stream("weigai_key", check + own + named),
            _stream("weigai_key", own + named, written=True),
            added=_stream("weigai_key", check + own, written=True),
        ),
        "weigai_leaf": _rows(_stream("weigai_leaf"), _WHOLE),
    }


def _of_register() -> dict[str, list[Rule]]:
    """Return the rules of who holds what where: the whole county may know it, and change it only for its own units."""
    login = f"((p.county = {{}}.county) AND ((p.id = ANY ({_LOGIN}::text[])) OR (p.account = ANY ({_LOGIN}::text[]))))"
    known = {
        name: f"({_PART} OR (EXISTS ( SELECT 1 FROM weigai_person p WHERE {login.format(name)})))"  # noqa: S608 - our own names
        for name in ("weigai_unit", "weigai_succession")
    }
    person = f"({_PART} OR (id = ANY ({_LOGIN}::text[])) OR (account = ANY ({_LOGIN}::text[])))"
    account = f"({_WHOLE} OR ({_PART} AND (id = {_PERSON})) OR {_granted('weigai_person', 'weigai_person.id')})"
    others = f"({_lies('unit')} AND (person IS DISTINCT FROM {_PERSON}))"  # none for oneself
    went = f"({_own('code')} AND {_lies('code')} AND {_own('successor')} AND {_lies('successor')})"
    return {
        "weigai_person": _rows(person, account, added=_PART),
        "weigai_grant": _rows(
            f"({_PART} OR (person = ANY ({_LOGIN}::text[])))",
            f"({_own('unit')} AND ({_WHOLE} OR {others}))",
        ),
        "weigai_unit": _rows(known["weigai_unit"], f"({_own('code')} AND {_lies('code')})"),
        "weigai_succession": _rows(known["weigai_succession"], went),
    }


def _tally() -> str:
    """Return the condition that a running number is that of a unit in scope, or of the county: a list's, an archive's."""
    kind, list_of, archive_of = (
        "split_part(key, '/'::text, 1)",
        "split_part(split_part(key, '/'::text, 2), '-'::text, 1)",
        "split_part(key, '/'::text, 3)",
    )
    return (
        f"({_PART} AND (({kind} <> 'list'::text) OR {_lies(list_of)})"
        f" AND (({kind} <> 'archive'::text) OR ((length({archive_of}) <= 6) AND {_ABOVE}) OR {_lies(archive_of)}))"
    )


def _by_table() -> dict[str, list[Rule]]:
    on_list = (
        "( SELECT 1 FROM weigai_list l WHERE ((l.county = weigai_list_case.county) AND"
        " (l.id = weigai_list_case.list_id)))"
    )
    of_case = _OF_CASE.format("weigai_list_case", "weigai_list_case.case_id")
    by_unit = ("weigai_case", "weigai_list", "weigai_unit_record", "weigai_canary")
    return {
        **{
            name: [Rule("weigai_read", "SELECT", "true", None)]
            for name in (VERSION_TABLE, "weigai_lowest", "weigai_database")
        },
        "weigai_master": [
            Rule("weigai_read", "SELECT", "true", None),
            Rule("weigai_write", "INSERT", None, f"((one = 1) AND ({_UNITS} IS NOT NULL))"),
            Rule("weigai_change", "UPDATE", "true", "true"),
        ],
        "weigai_policy": [
            Rule("weigai_read", "SELECT", "true", None),  # a plan is a published document
            Rule("weigai_write", "INSERT", None, f"({_UNITS} IS NOT NULL)"),
        ],
        **{name: _all(_lies("unit"), f"({_own('unit')} AND {_lies('unit')})") for name in by_unit},
        "weigai_list_case": _all(f"({_WHOLE} OR ((EXISTS {on_list}) AND (EXISTS {of_case})))"),
        **_of_streams(),
        **_of_register(),
        "weigai_tally": _all(_tally()),
        "weigai_head": _rows(_PART, _WHOLE),
    }


# None for what the role may not do at all: should it be given the right, no row is there for it.
RULES = {
    table: [rule for rule in rules if rule.command == "ALL" or rule.command in RIGHTS[table]]
    for table, rules in _by_table().items()
}
