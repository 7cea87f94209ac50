"""What `Store.doctor` looks at."""
