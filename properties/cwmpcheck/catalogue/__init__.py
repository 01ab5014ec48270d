"""What must hold, each property with its rule, provenance, witness and mutants."""
