"""All communes' schemas brought to a version of the code: see docs/rules/fleet.md."""
