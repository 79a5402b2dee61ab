"""A shop that sells a few things, asynchronously."""
