"""The stable Python face of the toolkit."""
