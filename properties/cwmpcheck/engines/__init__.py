"""How it is decided: explore, fairness, bmc, prove, stateful."""
