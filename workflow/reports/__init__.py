"""What the record says as a whole."""
