"""Policies: where they come from, their schemas and drawings."""
