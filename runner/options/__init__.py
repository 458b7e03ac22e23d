"""The options of a test: every k6 option once, the layers they come from, scenarios and durations."""
