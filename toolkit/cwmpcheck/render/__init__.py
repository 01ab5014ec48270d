"""Graphs, sequence charts and tables."""
