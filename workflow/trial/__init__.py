"""What a trial county is made of: its units."""
