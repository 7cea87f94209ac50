"""Report on the whole record."""
