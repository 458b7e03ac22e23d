"""Running a test: setup, scenarios, teardown, summary."""
