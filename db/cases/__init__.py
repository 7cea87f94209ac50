"""Cases and lists of cases."""
