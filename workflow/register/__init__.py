"""The register of persons, offices held and units."""
