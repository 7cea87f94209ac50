"""Find policies: in the package, in a folder, and in a database."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from ..db.cases.policies import content, stored_policies
from ..states.errors import InputRefused, IntegrityBroken, NotFound, PolicyRefused
from ..states.inputs import arguments as given
from ..states.inputs import files as handed_in
from ..states.inputs.texts import decoded
from ..states.policy.draft import made_from
from ..states.policy.tables import policy_hash, read_policy
from ..states.policy.toml_lines import LARGEST
from ..states.proofs.load import load_kept, load_policy
from ..states.reading.compare import compare
from ..states.reading.describe import described
from ..states.reading.diagram import mermaid, svg
from .arguments import checked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    from sqlalchemy import Connection

    from ..states.policy.draft import County
    from ..states.procedure.graph import Procedure
    from ..states.reading.compare import Change
    from ..states.reading.describe import PlanPart


@lru_cache(maxsize=256)
def compiled(content: str, name: str = "(text)") -> Procedure:
    """Return the procedure of a policy's text as it is kept; one per content, shared by every case under it.

    Raises:
        PolicyRefused: the text is no policy.
    """
    return load_kept(content, name)


@lru_cache(maxsize=64)
def sound(content: str, name: str = "(text)") -> Procedure:
    """Return the procedure of a policy's text, which passes every check of today: something new may open under it.

    Raises:
        PolicyRefused: the text fails its reading or one of its checks.
    """
    return load_policy(content, name)


@lru_cache(maxsize=1)
def bundled() -> dict[str, str]:
    """Return the text of every policy in the package, by id."""
    folder = resources.files("weigai.states.policies")
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return {f.name.removesuffix(".toml"): f.read_text(encoding="utf-8").replace("\r\n", "\n") for f in files}


@dataclass(frozen=True, slots=True)
class Library:
    """The policies: those of the package, of a folder with the county's own files, and of a database."""

    folder: Path | None = None
    connection: Connection | None = None

    if TYPE_CHECKING:  # the folder may come as text

        def __init__(self, folder: str | PathLike[str] | None = None, connection: Connection | None = None) -> None: ...

    def __post_init__(self) -> None:
        if self.folder is not None:
            object.__setattr__(self, "folder", given.path(self.folder, "folder"))

    @checked
    def text(self, policy: str) -> str:
        """Return the text of a policy by file path, by id, or by id and hash ("id@sha256:1a2b3c4d") as kept.

        Raises:
            NotFound: there is none of that name.
            InputRefused: a file cannot be read, or the package and the folder have two contents under the id.
        """
        return self._found(policy)[0]

    @checked
    def procedure(self, policy: str) -> Procedure:
        """Return the procedure of a policy under which something new may open, see `text`.

        Raises:
            PolicyRefused: it fails a check of today, also where the database keeps it: what runs under it goes on.
        """
        return sound(self.text(policy), policy)

    @checked
    def readable(self, policy: str) -> Procedure:
        """Return the procedure of a policy to be read; one that the database keeps is not checked again. See `text`."""
        text, read = self._found(policy)
        return read(text, policy)

    @property
    def bundled(self) -> dict[str, str]:
        """Return the texts of the package's policies, by id."""
        return dict(bundled())

    @property
    def own(self) -> dict[str, str]:
        """Return the texts of the folder's files by the id in each file, or by the file's name if it has no id."""
        return {name: next(iter(files.values())) for name, files in self._files[0].items()}

    @property
    def unread(self) -> dict[str, InputRefused]:
        """Return, by file name, why a file of the folder cannot be read; the other files can still be used."""
        return self._files[1]

    @property
    def _files(self) -> tuple[dict[str, dict[str, str]], dict[str, InputRefused]]:
        """Return the texts of the folder's files by id and file name, since two may say the same id, and what is unread."""
        found: dict[str, dict[str, str]] = {}
        unread: dict[str, InputRefused] = {}
        for path in sorted(self.folder.glob("*.toml")) if self.folder is not None else ():
            try:
                text = _read(path)
            except InputRefused as refused:
                unread[path.name] = refused
            else:
                found.setdefault(_id(text) or path.stem, {})[path.name] = text
        return found, unread

    @checked
    def described(self, policy: str, lang: str = "zh") -> tuple[PlanPart, ...]:
        """Return a policy in words, in `lang` ("zh" or "en"), with its sources and silences. See `text`."""
        return described(self.readable(policy).policy, lang)

    @checked
    def compared(self, a: str, b: str) -> tuple[Change, ...]:
        """Return in words what differs between two policies, with sources and wording at the end. See `text`.

        Raises:
            PolicyRefused: one of them is not of its form.
        """
        first, second = (read_policy(self.text(name), name) for name in (a, b))
        return compare(first, second)

    @checked
    def drafted(self, base: str, whose: County, *, blank: bool = False, lang: str = "zh", file: str = "") -> str:
        """Return the text of a new county's policy file, made after another's. See `states.policy.draft.made_from`."""
        self.procedure(base)  # one that is unsound is no model
        return made_from(self.text(base), whose, blank=blank, lang=lang, file=file)

    @checked
    def to_fill_in(self, draft: str, file: str) -> int:
        """Return how many places of the text of a drafted policy file are still to be filled in.

        Raises:
            PolicyRefused: something else is wrong with it.
        """
        try:
            read_policy(draft, file)
        except PolicyRefused as refused:
            wrong = [problem for problem in refused.problems if not problem.en.endswith("still to be filled in")]
            if wrong:
                raise PolicyRefused(file, wrong) from None
            return len(refused.problems)
        return 0

    @checked
    def drawn(self, policy: str, form: str = "mermaid", lang: str = "zh") -> str:
        """Return the graph of a policy as a Mermaid state diagram or as SVG. See `text`.

        Args:
            form: "mermaid" or "svg".

        Raises:
            InputRefused: the form is another one.
        """
        if form not in ("mermaid", "svg"):
            raise given.refused("form", "应为 mermaid 或 svg。", "pass mermaid or svg.")
        procedure = self.readable(policy)
        return svg(procedure, lang) if form == "svg" else mermaid(procedure, lang)

    @checked
    def offices(self, known: Sequence[str]) -> tuple[str, ...]:
        """Return the built-in offices, and those that the policies of the package, the folder and the database name."""
        texts = [*bundled().values(), *self.own.values()]
        if self.connection is not None:
            for one in stored_policies(self.connection):
                with suppress(IntegrityBroken):  # a damaged one names none
                    texts.append(content(self.connection, one.hash))
        found: list[str] = []
        for text in texts:
            with suppress(PolicyRefused):  # a file that is still being written names none
                found += [office.id for office in compiled(text, "").policy.offices]
        return tuple(dict.fromkeys((*known, *found)))

    @checked
    def today(self, name: str) -> str | None:
        """Return the hash of the content that the folder or the package now has under an id; None if neither has it."""
        text = self.own.get(name) or bundled().get(name)
        return None if text is None else policy_hash(text)

    def _found(self, policy: str) -> tuple[str, Callable[[str, str], Procedure]]:
        """Return the text of a policy and what reads it: every check for a file, none of today's for what is kept."""
        if policy.endswith(".toml") and os.path.lexists(policy):
            return _read(Path(policy)), sound
        name, at, wanted = policy.partition("@")
        if at:
            return self._kept(name, wanted), compiled
        read, unread = self._files
        files = read.get(name, {})
        contents = {*files.values(), *([bundled()[name]] if name in bundled() else [])}
        if len(contents) > 1:
            places = [*files, *([f"weigai/{name}"] if name in bundled() else [])]
            raise InputRefused(
                f"编号 {name} 有几种内容（{'、'.join(places)}）：请给本县文件另取 id，或写明文件路径。",
                f"{name} has several contents ({', '.join(places)}): give your own file another id, or write the path "
                "of the file.",
            )
        if contents:
            return contents.pop(), sound
        if f"{name}.toml" in unread:
            raise unread[f"{name}.toml"]
        try:
            return self._kept(name, ""), compiled
        except NotFound:
            raise next(iter(unread.values()), None) or NotFound(f"policy {name}") from None  # it may be the one

    def _kept(self, name: str, wanted: str) -> str:
        if self.connection is not None:
            fits = [
                one.hash for one in stored_policies(self.connection) if one.id == name and one.hash.startswith(wanted)
            ]
            if wanted:
                fits = fits if len(fits) == 1 else []
            for policy_hash in reversed(fits):
                text = content(self.connection, policy_hash)
                with suppress(PolicyRefused):  # whoever may add rows may add a text that is no plan
                    compiled(text, name)
                    return text
        raise NotFound(f"policy {name}{'@' if wanted else ''}{wanted}")


def procedure_of(policy: str) -> Procedure:
    """Return the checked procedure of a bundled policy id or a policy file."""
    return Library().procedure(policy)


def _id(text: str) -> str | None:
    found = re.search(r'^id\s*=\s*"([a-z0-9-]+)"', text, re.MULTILINE)
    return found.group(1) if found else None


def _read(path: Path) -> str:
    try:
        raw = handed_in.content(path, LARGEST)
    except OSError as error:
        raise InputRefused(
            f"方案文件 {path.name} 无法读取（至多 512 KB）：{error.strerror}",
            f"policy file {path.name} cannot be read (at most 512 KB): {error.strerror}",
        ) from None
    return decoded(raw, f"方案文件 {path.name}", f"policy file {path.name}").replace("\r\n", "\n")
