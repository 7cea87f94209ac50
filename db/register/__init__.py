"""Store the register: persons, offices held, units."""
