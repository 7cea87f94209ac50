"""A trial county to look round in, and the whole programme year of the two plans played through the real service."""
