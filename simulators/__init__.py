"""Stand-ins for what no test can reach: the Treasury, SMS providers. Apart from production code, on loopback only."""
