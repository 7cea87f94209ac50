"""One TOML file per plan."""
