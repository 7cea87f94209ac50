"""Prove that a policy is safe before it is used."""
