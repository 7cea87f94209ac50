"""Decide what is allowed: pure rules without database, terminal or clock."""
