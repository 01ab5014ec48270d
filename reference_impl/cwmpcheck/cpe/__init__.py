"""A reference CPE."""
