"""The bundled plans, one TOML file each."""
