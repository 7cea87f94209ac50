"""Every error that weigai raises on purpose, on one page.

Each has a sentence in Chinese and in English (`message(lang)`; `str()` is the English one), facts as
attributes, and the exit code that the command line gives it. None carries personal data.
"""

from __future__ import annotations

import copyreg
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .problems import Problem
    from .values import Finding


class WeigaiError(Exception):
    """Base of every error that weigai raises on purpose."""

    exit_code: ClassVar[int] = 3

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self._words = {"zh": zh, "en": en}

    def message(self, lang: str = "zh") -> str:
        """Return the sentence in `lang` ("zh" or "en")."""
        return self._words.get(lang, self._words["en"])

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how a copy is made in another process: with its words and facts, not by its arguments again."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class InputRefused(WeigaiError):
    """Raised if a file, a field or an argument has the wrong form; nothing was written.

    `field` names the argument that was refused, e.g. "actor.person" or "documents[0].kind"; None if it was no argument.
    """

    def __init__(self, zh: str, en: str, *, field: str | None = None) -> None:
        super().__init__(zh, en)
        self.field = field


class NoSuchAct(InputRefused):
    """Raised if the case's policy has no such action or fact; `known` lists those that it has."""

    exit_code = 2

    def __init__(self, action: str, policy: str, known: Sequence[str]) -> None:
        self.known = tuple(known)
        listed = ", ".join(known)
        super().__init__(
            f"方案 {policy} 没有 {action} 这一动作；请用其中之一：{listed}",
            f"policy {policy} has no action {action}; use one of: {listed}",
        )


class Unfit(ValueError):
    """Raised if a value of a file has the wrong form; the reader of the file turns it into a `Problem`."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh


class PolicyRefused(WeigaiError):
    """Raised if a policy file cannot be read or fails a check; `problems` lists every problem."""

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        zh, en = ("\n".join(f"  - {p.words(lang)}" for p in problems) for lang in ("zh", "en"))
        super().__init__(f"方案文件 {name} 未通过检查，不予采用：\n{zh}", f"policy {name} fails its checks:\n{en}")
        self.problems = tuple(problems)


class GuardsNotMet(WeigaiError):
    """Raised if one or more rules do not hold; `findings` has every finding, also those that hold."""

    def __init__(self, action: str, findings: Sequence[Finding]) -> None:
        self.action = action
        self.findings = tuple(findings)
        self.unmet = tuple(f for f in findings if not f.ok and f.effect == "block")
        super().__init__(*(self._listed(lang) for lang in ("zh", "en")))

    def _listed(self, lang: str) -> str:
        head = f"{self.action} 未获准：" if lang == "zh" else f"{self.action} is refused: "
        return head + "; ".join(f"[{f.rule or f.guard}] {f.reason(lang)}" for f in self.unmet)


class RequestReused(WeigaiError):
    """Raised if a request id was used before for another request."""

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        super().__init__(
            f"请求号 {request_id} 已用于另一内容的操作；请换一个请求号。",
            f"request id {request_id} was already used for another request; take a new id.",
        )


class ClockDiffers(WeigaiError):
    """Raised if the machine's clock and the server's differ by more than minutes; nothing was written.

    `own` and `other` are the two times in Asia/Shanghai. A host that passes its own `now` is not compared.
    """

    def __init__(self, own: str, other: str) -> None:
        self.own, self.other = own, other
        super().__init__(
            f"本机时间 {own} 与数据库服务器时间 {other}（均为北京时间）相差过大，未予办理；请校准本机时间后再办。",
            f"this machine's clock shows {own}, and the database server's {other} (both Asia/Shanghai): nothing was "
            "done. Set this machine's clock, then try again.",
        )


class ClockBehind(ClockDiffers):
    """Raised if the machine's clock lies before the newest event of the county by more than minutes."""

    def __init__(self, own: str, other: str) -> None:
        self.own, self.other = own, other
        WeigaiError.__init__(
            self,
            f"本机时间 {own} 早于本县最后一条日志的登记时间 {other}（均为北京时间），未予办理；请校准本机时间。"
            "确认本机时间无误的，加 --clock-checked 再办：该条日志会注明两个时间。",
            f"this machine's clock shows {own}, but the newest event of the county was recorded at {other} (both "
            "Asia/Shanghai): nothing was done. Set this machine's clock. If it is right, add --clock-checked: the "
            "event then records both times.",
        )


class NotFound(WeigaiError):
    """Raised if something does not exist, or lies outside the asker's area: the words are the same for both."""

    exit_code = 4

    def __init__(self, what: str, en: str | None = None) -> None:
        self.what = what = what[:200]  # whoever asks may have asked at any length
        super().__init__(f"没有找到 {what}，或不在您的辖区内。", f"{en or what} is not found, or outside your area.")


class CaseNotFound(NotFound):
    """Raised if there is no such case in the actor's area."""


class OutsideArea(NotFound):
    """Raised if the database gave nothing back: it does not exist, or lies outside the area of the person who asks."""

    def __init__(self) -> None:
        super().__init__("-")
        self._words = {"zh": "没有找到，或不在您的辖区内。", "en": "it is not found, or outside your area."}


class CaseMovedOn(WeigaiError):
    """Raised if somebody else changed the case; `current_version` is None if it cannot be read."""

    exit_code = 5

    def __init__(self, case_id: str, current_version: int | None) -> None:
        self.case_id = case_id
        self.current_version = current_version
        at = "" if current_version is None else f"（现为第 {current_version} 版）"
        at_en = "" if current_version is None else f" (now at version {current_version})"
        super().__init__(
            f"户档 {case_id} 已被他人办理{at}；请重新查看后再办。",
            f"somebody else changed case {case_id}{at_en}; look at it again, then retry.",
        )


class StoreError(WeigaiError):
    """Base of every error about the database or the file store."""

    exit_code = 6


class StoreBusy(StoreError):
    """Raised if another writer has locked the database: roll back and repeat the transaction."""

    def __init__(self) -> None:
        super().__init__("数据库正忙，请稍后重试。", "the database is busy; roll back and try again.")


class TransactionFailed(StoreError):
    """Raised if an earlier statement of the host's transaction failed: roll the transaction back."""

    def __init__(self) -> None:
        super().__init__(
            "该事务中先前的语句已失败，不能继续；请回滚整个事务。",
            "an earlier statement of this transaction failed, so nothing more can be done in it; roll it back.",
        )


class RightMissing(StoreError):
    """Raised if the database's role lacks a right on a table; `right` and `table` name them, if the server named them."""

    def __init__(self, right: str, table: str | None) -> None:
        self.right, self.table = right, table
        named = table or "weigai_*"
        super().__init__(
            f"数据库角色对 {named} 缺少权限（需要 {right}）。有行级安全的，由表的所有者运行 weigai db protect；没有的，由管理员"
            f"执行：GRANT {right} ON {named} TO 该角色",
            f"the database's role lacks a right on {named} (it needs {right}). If row-level security is set up, the "
            f"owner of the tables runs: weigai db protect. If not, run: GRANT {right} ON {named} TO the role",
        )


class KeysOutdated(StoreBusy):
    """Raised if the master key was changed and your keys have no file to read it from: load the keys again, and repeat."""

    def __init__(self, master: str) -> None:
        self.master = master
        StoreError.__init__(
            self,
            f"主密钥已更换，现用密钥中没有最新的主密钥（{master}）；请取新的密钥（WEIGAI_KEYS 或 WEIGAI_MASTER_KEY）后重试。",
            f"the master key was changed, and your keys lack the newest one ({master}); load the new keys (WEIGAI_KEYS "
            "or WEIGAI_MASTER_KEY), then try again.",
        )


class StoreNotPrepared(StoreError):
    """Raised before a first write if `weigai.db.prepare_engine(engine)` was not called, or the session autocommits."""


class StoreUnavailable(StoreError):
    """Raised if the database or file store cannot be opened, read or written."""


class StoreLost(StoreUnavailable):
    """Raised if the server went away in the middle: roll back and repeat the transaction with the same request id."""

    def __init__(self) -> None:
        super().__init__(
            "与数据库的连接中断；请用同一请求号重试，已办的不会重复。",
            "the connection to the database was lost; try again with the same request id: weigai does it only once.",
        )


_WITHOUT_KEYS = ("密钥文件已丢失的，请运行 weigai doctor。", " If it is lost, run weigai doctor to see what to do.")


class KeysMissing(StoreError):
    """Raised if personal values cannot be written or read because a key is missing.

    `master` is the id of the master key that is missing, None where there is no data key yet; `mend` says what else to do.
    """

    def __init__(self, master: str | None, mend: tuple[str, str] = ("", "")) -> None:
        self.master = master
        zh, en = mend if mend[0] or master is None else _WITHOUT_KEYS
        which = "" if master is None else f"（{master}）"
        super().__init__(
            f"个人信息已加密，缺少其密钥{which}；请提供密钥文件或其副本（WEIGAI_KEYS）。{zh}",
            f"personal values are encrypted, and the key{'' if master is None else f' {master}'} is missing; give the "
            f"key file or a copy of it (WEIGAI_KEYS).{en}",
        )


class KeysNeeded(StoreError):
    """Raised if old master keys cannot be retired: `count` data keys need them; no master key opens those of `lost`."""

    def __init__(self, count: int, lost: Sequence[str] = (), mend: tuple[str, str] | None = None) -> None:
        self.count, self.lost = count, tuple(lost)
        zh, en = mend or ("请先运行 weigai db rotate-key。", "run: weigai db rotate-key")
        super().__init__(
            f"最新的主密钥打不开 {count} 个数据密钥，因此没有删去旧主密钥；{zh}",
            f"the newest master key does not open {count} data keys, so the old master keys stay; {en}",
        )


class NotAdopted(StoreError):
    """Raised if keys or files cannot be deleted, because databases in the places `others` may need them."""

    def __init__(self, listed: bool, others: Sequence[str]) -> None:
        self.listed, self.others = listed, tuple(others)
        zh = f"还为其他数据库服务（{'; '.join(others)}）" if others else "没有登记本数据库"
        en = f"also serves other databases ({'; '.join(others)})" if others else "does not list this database"
        more = " --alone" if others else ""
        super().__init__(
            f"密钥文件或附件文件夹{zh}，因此没有从中删除任何内容；确认登记有误的，请运行 weigai db adopt{more}。",
            f"the key file or files folder {en}, so nothing was deleted there; to correct the list: weigai db adopt{more}",
        )


class NotADatabase(StoreError):
    """Raised if the file is not a weigai database; the file stays unchanged."""


class SchemaTooOld(StoreError):
    """Raised if the schema is missing or older than this release."""

    def __init__(self, found: str | None) -> None:
        self.found = found
        super().__init__(
            f"数据库结构{'尚未建立' if found is None else f'（{found}）较旧'}；请运行：weigai db upgrade",
            f"the database schema is {'missing' if found is None else f'too old ({found})'}; run: weigai db upgrade",
        )


class SchemaTooNew(StoreError):
    """Raised if a later release made the schema and this release cannot work on it; nothing was changed."""

    def __init__(self, found: str) -> None:
        self.found = found
        super().__init__(
            f"数据库结构（{found}）由更新的版本建立，本版本不能在其上办理此事；请升级本程序。",
            f"a later release made the database schema ({found}), and this release cannot do that there; update weigai.",
        )


class WallMissing(StoreError):
    """Raised if PostgreSQL's row-level security is not complete; `problems` says where."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        listed = "; ".join(problems[:5])
        super().__init__(
            f"数据库的行级安全不完整（{listed}）；请由表的所有者运行：weigai db protect",
            f"row-level security is not complete ({listed}); the owner of the tables runs: weigai db protect",
        )


class IntegrityBroken(WeigaiError):
    """Raised if an event log, a case, a policy or an attached file does not verify; `problems` names each place.

    `mend` says in Chinese and in English what to do next.
    """

    exit_code = 7

    def __init__(self, problems: Sequence[str], mend: tuple[str, str] = ("", "")) -> None:
        self.problems = tuple(problems)
        listed = "; ".join(problems)
        zh, en = mend
        super().__init__(f"核验不符：{listed}{zh and f'。{zh}'}", f"does not verify: {listed}{en and f'. {en}'}")


class YearUndetermined(WeigaiError):
    """Raised if a working-day count needs a year without official calendar data; `year` says which."""

    def __init__(self, year: int, version: str) -> None:
        self.year = year
        super().__init__(
            f"{year} 年的工作日历尚无官方数据（{version}）；请提供日历文件（WEIGAI_CALENDAR）后再算。",
            f"there is no official working-day calendar for {year} ({version}); give a calendar file (WEIGAI_CALENDAR).",
        )
