"""Arithmetic of the rules: periods of publicity, money, floor areas, due dates."""
