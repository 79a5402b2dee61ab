"""Suites that are run before and after their migration, on real old and new releases."""
