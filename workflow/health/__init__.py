"""The checks of `Store.doctor`."""
