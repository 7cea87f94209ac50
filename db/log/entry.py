"""Make the entry of a stream into its event: sealed changes, canonical body, rows to insert."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...states.arguments import refused
from ...states.errors import IntegrityBroken
from ...states.values import Event
from . import event as events
from .clock import entered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from ...states.actor import Actor, Document

    Namer = Callable[[Document], tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an act writes: one event. `to` is None for a fact; `changes` hold personal values in the clear.

    `policy` is the hash of the content that the case goes by from then on, `policy_id` its id where that is another one.
    """

    action: str
    to: str | None
    actor: Actor
    recorded_by: str
    on: date
    recorded_at: str
    request_id: str
    changes: Mapping[str, Any]
    documents: Sequence[Document] = ()
    findings: Sequence[Mapping[str, Any]] = ()
    policy: str | None = None
    policy_id: str | None = None  # where the case goes over to another policy


_WIDEST = 12  # bytes that a character takes in a line of an export at most
_MOST = events.LONGEST - 64 * 1024  # what stands beside it in a line or a row is shorter
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


ENTERED = "entered/"  # in the changes of an event that was entered at a command line: how, by the event's number


def _own(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes that an act made itself."""
    return {path: value for path, value in changes.items() if not path.startswith(ENTERED)}


def dumps(value: Any) -> str:
    """Return a JSON value as compact text."""
    return _ENCODER.encode(value)


def kept(record: Mapping[str, Any], action: str) -> str:
    """Return the record of a case or a list after an act as the text of its row; see `fitting`. An erasure is never too long."""
    return dumps(record) if action == "erase" else fitting(dumps(record), record)


def fitting(text: str, parts: Mapping[str, Any]) -> str:
    """Return a text that an export or a backup holds, if both can be read again with it.

    Raises:
        InputRefused: it is too long; `field` names the part of it that is the longest.
    """
    if len(text) > _MOST // _WIDEST and len(json.dumps(text)) > _MOST:
        sizes: dict[str, int] = {}
        for path, value in parts.items():
            field = path.partition("/")[0]
            sizes[field] = sizes.get(field, 0) + len(path) + len(dumps(value))
        raise refused(
            max(sizes, key=lambda field: sizes[field]),
            f"内容过长：一次登记连同以前的内容不得超过 {_MOST} 字节；请分几次登记，或删减。",
            f"it is too long: one entry, together with what it adds to, may have at most {_MOST} bytes; enter it in "
            "parts, or shorten it.",
        )
    return text


def written(
    entry: Entry,
    head: Mapping[str, Any],
    salts: Callable[[int], bytes],
    alg: str,
    connection: Connection | None = None,
    name: Namer | None = None,
) -> tuple[Event, dict[str, Any], dict[str, Any]]:
    """Make the event of an entry: the event, the rows to insert, and the sealed changes, with how it was entered.

    `name` gives a paper the name of its row and its token (`papers.py`), and its SHA-256 becomes a value to be sealed;
    without it the row holds the SHA-256 itself.
    """
    key = {"county": head["county"], "stream": head["stream"], "seq": head["seq"]}
    changes, sealed = events.seal(entry.changes, head["county"], head["stream"], head["seq"], salts, alg)
    how = None
    if connection is not None:
        how = entered(connection, head["county"], entry.recorded_at, trial=entry.actor.trial)
    if how is not None:
        changes[f"{ENTERED}{head['seq']}"] = how
    documents, papers, hashes = _documents(entry.documents, key, salts, alg, name)
    body = _body(entry, head, alg, changes, papers)
    row = {
        **key,
        **_facts(entry),
        "from_state": head["from"],
        "to_state": entry.to,
        "policy_hash": entry.policy,
        "hash": events.event_hash(alg, body),
        "body": body,
    }
    fitting(body, {**changes, "documents": papers, "findings": entry.findings})
    event = Event(
        **{k: v for k, v in row.items() if k != "body"},
        changes=_own(changes),
        documents=papers,
        findings=entry.findings,
        prev_hash=head["prev"],
        alg=alg,
        entered=how,
    )
    private = [{**key, **value._asdict()} for value in (*sealed, *hashes)]
    return event, {"event": row, "private": private, "documents": documents}, changes


def _body(
    entry: Entry, head: Mapping[str, Any], alg: str, changes: Mapping[str, Any], papers: Sequence[Mapping[str, Any]]
) -> str:
    """Return the canonical text of an event."""
    return events.canonical(
        {
            "v": events.VERSION,
            "alg": alg,
            "county": head["county"],
            "stream": head["stream"],
            "seq": head["seq"],
            **_facts(entry),
            "from": head["from"],
            "to": entry.to,
            "policy": entry.policy,
            "changes": changes,
            "documents": papers,
            "findings": list(entry.findings),
            "prev": head["prev"],
        }
    )


def _facts(entry: Entry) -> dict[str, Any]:
    """Return what the body and the row of an event have under the same names."""
    return {
        "request_id": entry.request_id,
        "action": entry.action,
        "acted_by": entry.actor.person,
        "office": entry.actor.office,
        "recorded_by": entry.recorded_by,
        "occurred_on": entry.on.isoformat(),
        "recorded_at": entry.recorded_at,
    }


def _documents(
    documents: Sequence[Document], key: Mapping[str, Any], salts: Callable[[int], bytes], alg: str, name: Namer | None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[events.Sealed]]:
    """Return the rows of papers, what the body says of them, and the SHA-256 of each as a value to be sealed."""
    rows, papers, hashes = [], [], []
    for no, paper in enumerate(documents, 1):
        salt, field, text = salts(16).hex(), f"documents/{no}", f'"{paper.sha256}"'
        commit = events.commitment(alg, salt, key["county"], key["stream"], key["seq"], field, text)
        papers.append({"kind": paper.kind, "size": paper.size, "media_type": paper.media_type, "commit": commit})
        named, same = name(paper) if name else (paper.sha256, None)
        rows.append(
            {
                **key,
                "no": no,
                "kind": paper.kind,
                "sha256": named,
                "size": paper.size,
                "media_type": paper.media_type,
                "salt": salt,
                "look": paper.look,
                "same": same,
            }
        )
        if name:
            hashes.append(events.Sealed(field, "other", salt, text))
    return rows, papers, hashes


def same(event: Event, changes: Mapping[str, Any], entry: Entry) -> bool:
    """Tell whether an event, its personal values put back, is what this entry would write."""
    papers = [(paper.kind, paper.size, paper.media_type) for paper in entry.documents]
    return (
        (event.action, event.to_state, event.acted_by, event.office, event.occurred_on)
        == (entry.action, entry.to, entry.actor.person, entry.actor.office, entry.on.isoformat())
        and changes == entry.changes
        and [(p["kind"], p["size"], p["media_type"]) for p in event.documents] == papers
    )


# what is said beside an event, a value or a paper that is not what was written
MEND = ("因此不据以办理任何事项。请运行 weigai audit verify。", "So nothing is done on it. Run weigai audit verify.")


def proved(own_hash: str, text: str) -> Event:
    """Return an event row as a value, its hash compared with its text.

    Raises:
        IntegrityBroken: the text is not the one of the hash.
    """
    try:
        event = event_of(own_hash, text)
        if events.event_hash(event.alg, text) == own_hash:
            return event
    except (ValueError, KeyError, TypeError):
        pass
    raise IntegrityBroken([f"event {own_hash[:16]}"], MEND)


def event_of(own_hash: str, text: str) -> Event:
    """Return an event row as a value, read from its body: its columns are only copies. An id is text, whatever it was."""
    body = json.loads(text)
    ids = {name: str(body[name]) for name in events.NUMBERED}
    return Event(
        county=body["county"],
        stream=body["stream"],
        seq=body["seq"],
        action=body["action"],
        from_state=body["from"],
        to_state=body["to"],
        occurred_on=body["occurred_on"],
        recorded_at=body["recorded_at"],
        policy_hash=body["policy"],
        changes=_own(body["changes"]),
        documents=body["documents"],
        findings=body["findings"],
        prev_hash=body["prev"],
        hash=own_hash,
        alg=body["alg"],
        entered=body["changes"].get(f"{ENTERED}{body['seq']}"),
        **ids,
    )
