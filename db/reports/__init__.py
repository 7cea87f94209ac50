"""Set-based queries behind the reports."""
