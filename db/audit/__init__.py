"""The verification of the record."""
