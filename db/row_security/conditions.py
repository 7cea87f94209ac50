"""The conditions that the row-level rules use, written as PostgreSQL prints them.

They read two settings of the transaction (`scope.py`): `weigai.units`, codes of 6, 9 or 12 digits with commas, and
`weigai.person`; `weigai.login` lets one person's own rows through before its units are known. Empty settings let
nothing through. Codes are compared whole, at the lengths that codes have, never by a pattern.
"""

from __future__ import annotations

_SET = "NULLIF(current_setting('weigai.{}'::text, true), ''::text)"


def _listed(codes: str) -> str:
    return f"( SELECT string_to_array({codes}, ','::text) AS string_to_array)"


def _cut(codes: str, pattern: str, kept: str) -> str:
    return f"regexp_replace({codes}, '{pattern}'::text, '{kept}'::text, 'g'::text)"


_SIX, _KEPT = r"(^|,)([0-9]{6})([0-9]{3}|[0-9]{6})?(?=,|$)", r"\1\2"  # of a code of 6, 9 or 12 digits its county
_VILLAGE = r"(^|,)([0-9]{9})([0-9]{3})(?=,|$)"  # a village's code, and in it its township's
_SAID = _SET.format("units")
UNITS, LOGIN = _listed(_SAID), _listed(_SET.format("login"))
_COUNTIES = _listed(_cut(_SAID, _SIX, _KEPT))
_TOWNSHIPS = _listed(_cut(_SAID, _VILLAGE, _KEPT))
_OF_MORE = _listed(_cut(_cut(_SAID, _VILLAGE, ""), _SIX, _KEPT))  # counties of which more than villages is in scope
PERSON = f'( SELECT {_SET.format("person")} AS "nullif")'

WHOLE = f"(county = ANY ({UNITS}::text[]))"  # the county itself is in scope
PART = f"(county = ANY ({_COUNTIES}::text[]))"  # something of the county is
KIND, NAME = "split_part(stream, '/'::text, 1)", "split_part(stream, '/'::text, 2)"
OF_CASE = "( SELECT 1 FROM weigai_case c WHERE ((c.county = {}.county) AND (c.id = {})))"


FORMED = (  # an office's name, a unit's code and a day, as the program writes them
    "(office ~ '^[A-Za-z_]+$'::text) AND (unit ~ '^([0-9]{6}|[0-9]{9}|[0-9]{12})$'::text)"
    " AND (since ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'::text)"
)
MASTER = "(master ~ '^[0-9a-f]{12}$'::text)"  # as `keys.master_id` makes it


def lies(code: str) -> str:
    """Return the condition that a unit lies in scope; filled up with zeros a code stands for that unit alone."""
    above = (f"(substr({code}, 1, {n}) = ANY ({UNITS}::text[]))" for n in (6, 9))
    return f"({' OR '.join(above)} OR (rpad({code}, 12, '0'::text) = ANY ({UNITS}::text[])))"


def near(code: str) -> str:
    """Return the condition that a unit lies in scope, or above something that does."""
    return f"(({code} = ANY ({_COUNTIES}::text[])) OR ({code} = ANY ({_TOWNSHIPS}::text[])) OR {lies(code)})"


def of_county(code: str) -> str:
    """Return the condition that a code is one of the row's county, and no longer than codes are."""
    return f"({code} = (county || substr({code}, 7, 6)))"


def granted(table: str, person: str, where: str | None = None) -> str:
    """Return the condition that a person holds an office for a unit in scope, or held or may hold one."""
    mine = f"(g.county = {table}.county) AND (g.person = {person}) AND {where or lies('g.unit')}"
    return f"(EXISTS ( SELECT 1 FROM weigai_grant g WHERE ({mine})))"  # noqa: S608 - our own names


def wholly(table: str) -> str:
    """Return the condition that a row is of no person's stream, of one's own, or of one with offices in scope alone."""
    person = f"split_part({table}.stream, '/'::text, 2)"
    beyond = granted(table, person, f"(NOT {lies('g.unit')})")
    return f"(({KIND} <> 'person'::text) OR {WHOLE} OR (stream = ('person/'::text || {PERSON})) OR (NOT {beyond}))"


def registers(table: str) -> str:
    """Return the condition that units are changed from here: from a township up, or by one of their administrators."""
    admin = granted(table, PERSON, f"(g.office = 'admin'::text) AND {lies('g.unit')}")
    return f"((county = ANY ({_OF_MORE}::text[])) OR {admin})"


def of_stream(table: str, county: str = PART, more: str = "") -> str:
    """Return the condition that a row's stream is in scope.

    A case that can be seen, a unit, somebody with an office there, oneself, and where `county` holds the county's own.
    """
    name = f"split_part({table}.stream, '/'::text, 2)"
    return (
        f"({WHOLE} OR (({KIND} = ANY (ARRAY['case'::text, 'unmasked'::text])) AND"
        f" (EXISTS {OF_CASE.format(table, name)}))"
        f" OR (({KIND} = 'unit'::text) AND {of_county(NAME)} AND {lies(NAME)})"
        f" OR (({KIND} = 'person'::text) AND {granted(table, name)})"
        f" OR ((stream = 'county'::text) AND {county})"
        f" OR ({PART} AND (stream = ('person/'::text || {PERSON})))"
        f" OR (({PART} OR ({UNITS} IS NULL)) AND (stream = ('refused/'::text || {PERSON}))){more})"
    )


def named_or_whole() -> str:
    """Return the condition that a value of an official is the name, or the official has no office beyond the scope."""
    name = f"(field = (('persons/'::text || {NAME}) || '/name'::text))"
    return f"({name} OR {wholly('weigai_private')})"


def near_file() -> str:
    """Return the condition that a new row names a paper of a unit in scope or above it, or one that the host keeps."""
    unit = "split_part(sha256, '/'::text, 1)"
    return f"((strpos(sha256, '/'::text) = 0) OR ({of_county(unit)} AND {near(unit)}))"


def emptied_or_named() -> str:
    """Return what a changed row of a paper is: emptied, or named by a token."""
    emptied = "((sha256 = ''::text) AND (salt = ''::text) AND (same IS NULL) AND (look IS NULL) AND (size = 0))"
    return f"({emptied} OR ((strpos(sha256, '/'::text) > 0) AND (same IS NOT NULL)))"


def counted() -> str:
    """Return the condition that a running number counts what lies in the scope: a list's, an archive's, a county's."""
    kind, last = "split_part(key, '/'::text, 1)", "split_part(key, '/'::text, 3)"
    unit = "split_part(split_part(key, '/'::text, 2), '-'::text, 1)"
    return (
        f"({PART} AND (({kind} <> ALL (ARRAY['list'::text, 'archive'::text]))"
        f" OR (({kind} = 'list'::text) AND {of_county(unit)} AND {lies(unit)})"
        f" OR (({kind} = 'archive'::text) AND {of_county(last)} AND {lies(last)})))"
    )
