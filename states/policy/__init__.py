"""Read a policy file strictly: its tables, and the source of each value."""
