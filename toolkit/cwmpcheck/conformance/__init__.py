"""A trace against the model and against the properties."""
