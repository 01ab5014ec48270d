"""The upgrade protocol: CPE, ACS, channel, file server, environment."""
