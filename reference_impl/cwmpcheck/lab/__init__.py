"""The laboratory: an ACS, a CPE and a file server as processes on loopback, recorded."""
