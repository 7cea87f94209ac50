"""Store cases and lists of cases."""
