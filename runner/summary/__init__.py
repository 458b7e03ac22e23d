"""The end of a run in figures: the summary's data, its text, and its export."""
