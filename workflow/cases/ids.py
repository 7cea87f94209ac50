"""Make the id of a case from the request that opens it."""

from __future__ import annotations

import hashlib

_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def case_id(unit: str, year: int, request_id: str, attempt: int = 0) -> str:
    """Return a case id such as 150783-2019-7K3F9QD; the same request of a village always gets the same id.

    The village is a part of what it is made from: a request id says nothing of the cases of another one.
    """
    seed = hashlib.sha256(f"weigai.case\0{unit}\0{year}\0{request_id}\0{attempt}".encode()).digest()
    number = int.from_bytes(seed, "big")
    letters = ""
    for _ in range(7):
        number, digit = divmod(number, len(_LETTERS))
        letters += _LETTERS[digit]
    return f"{unit[:6]}-{year}-{letters}"
