"""Make backups and restore them."""
