"""Stand-ins for what no test can reach: the Treasury. Apart from production code, on loopback only."""
