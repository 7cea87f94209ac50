"""What is allowed: pure rules, no database, no terminal, no clock of its own."""
