"""A policy file: its tables, read strictly, each value with its source."""
