"""Where policies come from: the files of the package, and the contents that a database keeps for its cases."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from ..states.errors import InputRefused, NotFound

if TYPE_CHECKING:
    from ..states.procedure import Procedure


@lru_cache(maxsize=256)
def compiled(content: str, name: str = "(text)") -> Procedure:
    """Return the checked procedure of a policy's text; one per content, shared by every case under it.

    Raises:
        PolicyRefused: the text fails its reading or one of its checks.
    """
    from ..states.checks import load_policy

    return load_policy(content, name)


@lru_cache(maxsize=1)
def bundled() -> dict[str, str]:
    """Return the text of every policy in the package, by id."""
    folder = resources.files("weigai.states.policies")
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return {f.name.removesuffix(".toml"): f.read_text(encoding="utf-8").replace("\r\n", "\n") for f in files}


def content_of(policy: str) -> str:
    """Return the text of a bundled policy by id, or of a policy file by path.

    Raises:
        NotFound: neither a bundled id nor a file.
        InputRefused: the file cannot be read as UTF-8 text.
    """
    if policy in bundled():
        return bundled()[policy]
    path = Path(policy)
    if not policy.endswith(".toml") or not path.is_file():
        raise NotFound(f"policy {policy}")
    try:
        return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError):
        raise InputRefused(
            f"政策文件 {path.name} 无法按 UTF-8 文本读取。", f"policy file {path.name} cannot be read as UTF-8 text."
        ) from None


def procedure_of(policy: str) -> Procedure:
    """Return the checked procedure of a bundled policy id or a policy file."""
    return compiled(content_of(policy), policy)
