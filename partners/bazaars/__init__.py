"""Bazaars: who takes part, what was sold there, and what its owners say they sold."""
