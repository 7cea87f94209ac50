"""A policy as people read it: described, compared, in phrases."""
