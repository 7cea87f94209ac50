"""The commands on the database: its schema, its backup and its keys."""
