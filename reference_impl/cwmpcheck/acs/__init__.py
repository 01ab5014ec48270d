"""A reference ACS."""
