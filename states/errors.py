"""Every error that weigai raises on purpose, on one page.

Each has a sentence in Chinese and in English (`message(lang)`; `str()` is the English one), facts as
attributes, and the exit code that the command line gives it. None carries personal data.
"""

from __future__ import annotations

import copyreg
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .values import Finding, Problem


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
    """Raised if a file, a field or an argument is not of its form; nothing was written.

    `field` names the argument that was refused, e.g. "actor.person" or "documents[0].kind"; None where it is no argument.
    """

    def __init__(self, zh: str, en: str, *, field: str | None = None) -> None:
        super().__init__(zh, en)
        self.field = field


class NoSuchAct(InputRefused):
    """Raised if the case's policy knows no such action or fact; `known` lists those it knows."""

    exit_code = 2

    def __init__(self, action: str, policy: str, known: Sequence[str]) -> None:
        self.known = tuple(known)
        listed = ", ".join(known)
        super().__init__(
            f"政策 {policy} 没有 {action} 这一动作；可用：{listed}",
            f"policy {policy} has no action {action}; it has: {listed}",
        )


class Unfit(ValueError):
    """Raised if a value of a file is not of its form; read as a `Problem` where the file is."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh


class PolicyRefused(WeigaiError):
    """Raised if a policy file fails its reading or one of its checks; `problems` has every one."""

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        zh, en = ("\n".join(f"  - {p.words(lang)}" for p in problems) for lang in ("zh", "en"))
        super().__init__(f"政策文件 {name} 未通过检查，未予采用：\n{zh}", f"policy {name} is refused:\n{en}")
        self.problems = tuple(problems)


class GuardsNotMet(WeigaiError):
    """Raised if one or more rules do not hold; `findings` has every finding, met ones too."""

    def __init__(self, action: str, findings: Sequence[Finding]) -> None:
        self.action = action
        self.findings = tuple(findings)
        self.unmet = tuple(f for f in findings if not f.ok and f.effect == "block")
        super().__init__(*(self._listed(lang) for lang in ("zh", "en")))

    def _listed(self, lang: str) -> str:
        head = f"{self.action} 未获准：" if lang == "zh" else f"{self.action} is refused: "
        return head + "; ".join(f"[{f.rule or f.guard}] {f.reason(lang)}" for f in self.unmet)


class RequestReused(WeigaiError):
    """Raised if a request id comes again with other content than it was first used for."""

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        super().__init__(
            f"请求号 {request_id} 已用于另一内容的操作；请换一个请求号。",
            f"request id {request_id} was used for something else; take a fresh one.",
        )


class ClockDiffers(WeigaiError):
    """Raised if the machine's clock and the server's differ by more than minutes; nothing was written.

    `own` and `other` are the two times in Asia/Shanghai. A host that passes its own `now` is not compared.
    """

    def __init__(self, own: str, other: str) -> None:
        self.own, self.other = own, other
        super().__init__(
            f"本机时间 {own} 与数据库服务器时间 {other}（均为北京时间）相差过大，未予办理；请校准本机时间后再办。",
            f"this machine's clock says {own}, the database server's {other} (both Asia/Shanghai): nothing was done; "
            "set this machine's clock, then try again.",
        )


class ClockBehind(ClockDiffers):
    """Raised if the machine's clock lies before the newest event of the county by more than minutes."""

    def __init__(self, own: str, other: str) -> None:
        self.own, self.other = own, other
        WeigaiError.__init__(
            self,
            f"本机时间 {own} 早于本县最后一条日志的登记时间 {other}（均为北京时间），未予办理；请校准本机时间。"
            "确认本机时间无误的，加 --clock-checked 再办：该条日志会注明两个时间。",
            f"this machine's clock says {own}, and the newest event of the county was recorded at {other} (both "
            "Asia/Shanghai): nothing was done; set this machine's clock. If it is right, add --clock-checked: the event "
            "then says both times.",
        )


class NotFound(WeigaiError):
    """Raised if there is no such thing, or it is not the asker's to see: the same words for both."""

    exit_code = 4

    def __init__(self, what: str, en: str | None = None) -> None:
        self.what = what = what[:200]  # whoever asks may have asked at any length
        super().__init__(f"没有找到 {what}，或不在您的辖区内。", f"{en or what} is not found, or not yours to see.")


class CaseNotFound(NotFound):
    """Raised if there is no such case in the actor's area."""


class OutsideArea(NotFound):
    """Raised if the database itself held something back: it lies outside the area of who asks, or is not there."""

    def __init__(self) -> None:
        super().__init__("-")
        self._words = {"zh": "没有找到，或不在您的辖区内。", "en": "it is not found, or not yours to see."}


class CaseMovedOn(WeigaiError):
    """Raised if somebody else moved the case; `current_version` is None where it cannot be read."""

    exit_code = 5

    def __init__(self, case_id: str, current_version: int | None) -> None:
        self.case_id = case_id
        self.current_version = current_version
        at = "" if current_version is None else f"（现为第 {current_version} 版）"
        at_en = "" if current_version is None else f" (now at version {current_version})"
        super().__init__(
            f"档案 {case_id} 已被他人办理{at}；请重新查看后再办。",
            f"case {case_id} was moved on by somebody else{at_en}; look again, then retry.",
        )


class StoreError(WeigaiError):
    """Base of what is wrong with the database or the file store itself."""

    exit_code = 6


class StoreBusy(StoreError):
    """Raised if the database is locked by another writer: roll back and repeat the unit of work."""

    def __init__(self) -> None:
        super().__init__("数据库正忙，请稍后重试。", "the database is busy; roll back and try again.")


class TransactionFailed(StoreError):
    """Raised if an earlier statement of the host's transaction failed, so that nothing more is done in it: roll it back."""

    def __init__(self) -> None:
        super().__init__(
            "该事务中先前的语句已失败，不能继续；请回滚整个事务。",
            "an earlier statement of this transaction failed, so that nothing more can be done in it; roll it back.",
        )


class RightMissing(StoreError):
    """Raised if the database's role lacks a right on a table; `right` and `table` say which, as far as the server told."""

    def __init__(self, right: str, table: str | None) -> None:
        self.right, self.table = right, table
        named = table or "weigai_*"
        super().__init__(
            f"数据库角色对 {named} 缺少权限（需要 {right}）。有行级安全时由表的所有者运行 weigai db protect；"
            f"否则由管理员执行：GRANT {right} ON {named} TO 该角色",
            f"the database's role may not do that with {named} (it takes {right}). Where the wall is up, the owner of the "
            f"tables runs: weigai db protect. Else an administrator runs: GRANT {right} ON {named} TO the role",
        )


class KeysOutdated(StoreBusy):
    """Raised if the master key was rotated and these keys have no file to read it from: take the keys anew, and repeat."""

    def __init__(self, master: str) -> None:
        self.master = master
        StoreError.__init__(
            self,
            f"主密钥已更换，现用密钥中没有最新的主密钥（{master}）；请取新的密钥（WEIGAI_KEYS 或 WEIGAI_MASTER_KEY）后重试。",
            f"the master key was rotated, and these keys do not have the newest one ({master}); take the new keys "
            "(WEIGAI_KEYS or WEIGAI_MASTER_KEY) and try again.",
        )


class StoreNotPrepared(StoreError):
    """Raised before a first write if `weigai.db.prepare_engine(engine)` was not called, or the session autocommits."""


class StoreUnavailable(StoreError):
    """Raised if the database or file store cannot be opened, read or written."""


class StoreLost(StoreUnavailable):
    """Raised if the server went away in the middle: roll back and repeat the unit; its request id tells what was done."""

    def __init__(self) -> None:
        super().__init__(
            "与数据库的连接中断；用同一请求号重试即可，已办理的不会重复。",
            "the connection to the database was lost; do it again under the same request id: what was done stays done once.",
        )


_WITHOUT_KEYS = ("密钥文件已丢失的，见 weigai doctor。", " Where it is lost, weigai doctor says what can be done.")


class KeysMissing(StoreError):
    """Raised if personal values are to be written or read without the keys that they are encrypted with.

    `master` is the id of the master key that is missing, None where there is no data key yet; `mend` says what else to do.
    """

    def __init__(self, master: str | None, mend: tuple[str, str] = ("", "")) -> None:
        self.master = master
        zh, en = mend if mend[0] or master is None else _WITHOUT_KEYS
        which = "" if master is None else f"（{master}）"
        super().__init__(
            f"个人信息须加密保存，缺少密钥{which}；请提供密钥文件或其副本（WEIGAI_KEYS）。{zh}",
            f"personal values are encrypted and the key{'' if master is None else f' {master}'} is missing; "
            f"give the key file or a copy of it (WEIGAI_KEYS).{en}",
        )


class KeysNeeded(StoreError):
    """Raised if master keys are to be retired and `count` data keys need them; no master key opens those of `lost`."""

    def __init__(self, count: int, lost: Sequence[str] = (), mend: tuple[str, str] | None = None) -> None:
        self.count, self.lost = count, tuple(lost)
        zh, en = mend or ("请先运行 weigai db rotate-key。", "run: weigai db rotate-key")
        super().__init__(
            f"还有 {count} 个数据密钥不能用最新的主密钥打开，旧主密钥未删去；{zh}",
            f"the newest master key does not open {count} data keys, so the old ones were kept; {en}",
        )


class NotAdopted(StoreError):
    """Raised if keys or files were to go that another database may need; `others` are the places where those live."""

    def __init__(self, listed: bool, others: Sequence[str]) -> None:
        self.listed, self.others = listed, tuple(others)
        zh = f"还为其他数据库服务（{'; '.join(others)}）" if others else "未登记本数据库"
        en = f"also serves other databases ({'; '.join(others)})" if others else "does not list this database"
        more = " --alone" if others else ""
        super().__init__(
            f"密钥文件或附件文件夹{zh}，不能从中删除；确认无误后运行 weigai db adopt{more}。",
            f"the key file or files folder {en}, so nothing is taken out of it; if that is wrong, run: weigai db adopt{more}",
        )


class NotADatabase(StoreError):
    """Raised if the file is not a weigai database; it is left untouched."""


class SchemaTooOld(StoreError):
    """Raised if the schema is missing or older than this release."""

    def __init__(self, found: str | None) -> None:
        self.found = found
        super().__init__(
            f"数据库结构{'尚未建立' if found is None else f'（{found}）较旧'}；请运行：weigai db upgrade",
            f"the database schema is {'missing' if found is None else f'old ({found})'}; run: weigai db upgrade",
        )


class SchemaTooNew(StoreError):
    """Raised if a later release made the schema and this release may not do that there; nothing was changed."""

    def __init__(self, found: str) -> None:
        self.found = found
        super().__init__(
            f"数据库结构（{found}）由更新的版本建立，本版本不能在其上办理此事；请升级本程序。",
            f"a later release made the database schema ({found}), and this release may not do that there; update weigai.",
        )


class WallMissing(StoreError):
    """Raised if PostgreSQL does not hold rows back from the command line's role as it should; `problems` says where."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        listed = "; ".join(problems[:5])
        super().__init__(
            f"数据库的行级安全不完整（{listed}）；请由表的所有者运行：weigai db protect",
            f"the database's row-level security is not whole ({listed}); the owner of its tables runs: weigai db protect",
        )


class IntegrityBroken(WeigaiError):
    """Raised if an event log, a case, a policy or a stored file does not verify; `problems` names each place.

    `mend` says in Chinese and in English what to do about it.
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
            f"there is no official calendar data for {year} ({version}); give a calendar file (WEIGAI_CALENDAR).",
        )
