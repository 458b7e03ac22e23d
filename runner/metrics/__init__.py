"""Metrics of a run: declaration, tags, sinks, collection, groups and thresholds.

A leaf: imports nothing of ``runner`` but ``runner.errors``.
"""
