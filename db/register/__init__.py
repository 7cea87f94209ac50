"""The register: persons, offices held, units."""
