"""Random legal legacy suites: run on the old release, migrated, run on the new one, compared."""
