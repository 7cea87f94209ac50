"""The checks of the files beside the database: key file, files folder, witness file."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ...db.scope import hidden
from ...db.vault import key_file, master_keys, places
from ...db.vault.held_keys import newest_of
from ...db.vault.sweep import orphans
from ...states.errors import SchemaTooNew
from ..actors import as_reader
from ..evidence.witness import Witness
from ..words import Text, trial_mark
from .check import Finding, applies_not, in_both, same

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...db.vault.keys import Keys
    from .check import Setup

_SHOWN = 10  # streams whose keys are lost that are listed by name


def places_used(setup: Setup) -> Finding:
    """Tell whether the key file and the files folder list this database, and no other one."""
    store = setup.store
    path, folder = store.served_key_file, store.files
    with store.direct() as connection:
        if path is not None:
            places.require(connection, key_file.databases(path))
        if folder.exists():
            places.require(connection, places.of_folder(folder))
    if not (shared := ", ".join(map(str, store.former_places))):
        return Finding(True, Text("只为本数据库服务", "serve this database only"))
    found = Text(
        f"在旧版本的共用位置：{shared}", f"in the place that an earlier release used for all databases: {shared}"
    )
    return Finding(True, found)


def files(setup: Setup) -> Finding:
    """Look for stored files that no row names, of programs that ended in the middle."""
    with setup.store.direct() as connection:
        if hidden(connection):
            return applies_not()
        try:
            left = orphans(connection.engine, setup.store.file_store, now=time.time())
        except SchemaTooNew as error:  # no fault of the database: the later release's own doctor looks
            return Finding(True, in_both(error))
    found = Text(f"{len(left)} 个文件没有记录指向", f"{len(left)} files to which no record refers")
    return Finding(not left, found, same("weigai doctor --sweep"))


def masters(setup: Setup) -> Finding:
    """Compare the master keys that the database needs with those of the key file."""
    keys = setup.store.keys
    with setup.store.direct() as connection:
        if hidden(connection):
            return applies_not()
        newest = newest_of(connection)
        wanted, streams = master_keys.needed(connection), master_keys.lost(connection, keys)
        gone, used = master_keys.all_lost(connection, keys), master_keys.masters(connection)
    absent = {master: count for master, count in wanted.items() if keys is None or not keys.has(master)}
    if not absent and not streams:
        listed = ", ".join(wanted)
        return Finding(True, same(listed) if listed else Text("尚无", "none yet"))
    listed = ", ".join(f"{master} ({count})" for master, count in absent.items()) or "—"
    shown = ", ".join(streams[:_SHOWN]) + (f" ... ({len(streams)})" if len(streams) > _SHOWN else "")
    found = Text(
        f"密钥文件中没有：{listed}；打不开：{shown}",
        f"missing in the key file: {listed}; these cannot be opened: {shown}",
    )
    if gone is not None:
        zh, en = master_keys.without_all(gone, used)
        return Finding(False, found, _out_of_date(keys, newest, absent) or Text(zh.strip(), en.strip()))
    return Finding(False, found, _out_of_date(keys, newest, absent) or _find_the_rest(newest, absent))


def _out_of_date(keys: Keys | None, newest: str | None, absent: Mapping[str, int]) -> Text | None:
    """Return what mends keys that were given as a value and lack the newest master key, None where that is not so."""
    if keys is None or keys.source is not None or newest not in absent:
        return None
    return Text(
        "密钥来自 WEIGAI_MASTER_KEY，其中没有最新的主密钥：请取新的密钥（WEIGAI_KEYS 或 WEIGAI_MASTER_KEY）。",
        "the keys come from WEIGAI_MASTER_KEY and lack the newest master key: load the new keys (WEIGAI_KEYS or "
        "WEIGAI_MASTER_KEY).",
    )


def _find_the_rest(newest: str | None, absent: Mapping[str, int]) -> Text:
    """Return what mends a key file that lacks some master keys."""
    more = Text("", "")
    if newest is not None and absent.get(newest):
        more = Text(*master_keys.without_newest(newest, absent[newest]))
    return Text(
        "请找回含有它们的密钥文件（WEIGAI_KEYS）；其余户档照常。确已丢失的，请为其农户另行立户。" + more.zh,
        "find the key file that contains them (WEIGAI_KEYS); other cases are not affected. If it is lost for good, "
        "open new cases for these households." + more.en,
    )


def heads(setup: Setup) -> Finding:
    """Look whether the witness file holds the last head of every county that the database has."""
    with setup.store.session() as session:
        approvals = setup.approvals(session)
        held = setup.held(approvals)
        last = approvals.evidence.last_heads(actor=as_reader(held))
    witness = Witness(setup.witness) if setup.witness is not None else None
    mark = trial_mark(trial=any(actor.trial for actor in held))
    shown = [Text(head.short + mark.zh, head.short + mark.en) for head in last]
    listed = Text("; ".join(t.zh for t in shown) or "无", "; ".join(t.en for t in shown) or "none")
    if witness is not None and witness.missing(last):
        return Finding(False, *_witness_lost(witness, listed))
    kept = witness.newest() if witness is not None else {}
    own = {head.county: head for head in last}
    behind = witness is not None and any(kept.get(code) != own.get(code) for code in {*kept, *own})
    mend = Text(
        "运行 weigai audit verify，再运行 weigai audit head。", "run weigai audit verify, then weigai audit head."
    )
    return Finding(not behind, listed, mend)


def _witness_lost(witness: Witness, listed: Text) -> tuple[Text, Text]:
    """Return in words that a witness file holds no head of a county that has some, and what mends that."""
    path = witness.path
    found = Text(
        f"{path} 缺失、为空或不是链头文件；{listed.zh}", f"{path} is missing, empty or not a file of heads; {listed.en}"
    )
    mend = Text(
        "请找回留存链头的文件；确属首次使用的，请运行：weigai audit head --new",
        "bring the witness file back; if you use it for the first time, run: weigai audit head --new",
    )
    return found, mend
