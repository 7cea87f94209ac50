"""Hostile files, made by programs: sheets, pictures, backups, policies and JSON that go for memory, time or disk."""
