"""What `scripts/prove` runs at full size, and tests at a small one."""
