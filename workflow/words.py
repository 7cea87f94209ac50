"""Give the words of ids, errors and texts to programs that show them to people."""

from __future__ import annotations

import sys
from typing import NamedTuple

from ..states.errors import StoreUnavailable, WeigaiError
from ..states.identity_number import mask_name as masked_name
from ..states.inputs.texts import decoded, visible
from ..states.words.ids import LABELS, field, label
from ..states.words.policy_terms import TABLES

__all__ = [
    "Text",
    "decoded",
    "field",
    "has_label",
    "label",
    "masked_name",
    "of_error",
    "policy_table",
    "trial_mark",
    "visible",
]


class Text(NamedTuple):
    """A text in Chinese and in English."""

    zh: str
    en: str

    def text(self, lang: str = "zh") -> str:
        """Return the text in `lang` ("zh" or "en")."""
        return self.en if lang == "en" else self.zh


def has_label(name: str | None) -> bool:
    """Tell whether `label` has words for an id: a state, an action, an office, a paper and the like."""
    return name in LABELS


def policy_table(name: str) -> Text | None:
    """Return the name of one entry of a policy file's table ("facts", "papers" ...); None if there is no such table."""
    words = TABLES.get(name)
    return None if words is None else Text(*words)


def trial_mark(*, trial: bool) -> Text:
    """Return the mark to print at the end of a line of a trial county; empty for a real county."""
    return Text(" 〔试用县〕", " [trial county]") if trial else Text("", "")


def of_error(error: Exception) -> WeigaiError | None:
    """Return weigai's own error for an error of weigai, of the operating system or of a database driver, else None.

    `message(lang)` of what is returned is the sentence to show, and `exit_code` says of which kind it is.
    """
    if isinstance(error, WeigaiError):
        return error
    if isinstance(error, OSError):
        return StoreUnavailable(f"无法读写：{error.strerror}", f"cannot read or write: {error.strerror}")
    if "sqlalchemy" not in sys.modules:  # then no error is a driver's
        return None
    from sqlalchemy.exc import DBAPIError

    from ..db.faults import store_error

    return store_error(error) if isinstance(error, DBAPIError) else None
