"""Mutants of the package by Cosmic Ray, a few at random, against the fast tests."""
