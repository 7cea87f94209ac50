"""Protect personal values and papers: keys, encryption, stored files, erasure."""
