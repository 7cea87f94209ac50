"""Verify the record."""
