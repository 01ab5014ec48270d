"""A system as Python, NumPy, C and z3."""
