"""Prove the record: verification, heads, exports, the witness file."""
