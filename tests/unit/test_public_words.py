"""The public words, and errors told as weigai's own."""

from __future__ import annotations

from sqlalchemy.exc import OperationalError
from weigai.workflow import NotFound, StoreUnavailable, words


def test_an_error_is_told_as_weigais_own_or_not_at_all() -> None:
    own = NotFound("x")
    assert words.of_error(own) is own
    assert isinstance(words.of_error(PermissionError(13, "denied")), StoreUnavailable)
    refused = OperationalError("SELECT 1", None, Exception("connection refused"))
    assert isinstance(words.of_error(refused), StoreUnavailable)
    assert words.of_error(KeyError("a bug")) is None


def test_an_id_has_words_in_both_languages() -> None:
    assert words.has_label("approve")
    assert not words.has_label("no_such_id")
    assert not words.has_label(None)
    assert words.label("approve", "zh") != words.label("approve", "en")


def test_a_text_is_given_in_the_language_that_is_asked_for() -> None:
    told = words.Text("中", "en")
    assert (told.text(), told.text("en")) == ("中", "en")
    assert words.policy_table("papers") != words.policy_table("facts")
    assert words.policy_table("no_table") is None


def test_a_trial_is_marked_and_nothing_else() -> None:
    assert all(words.trial_mark(trial=True))
    assert words.trial_mark(trial=False) == ("", "")
