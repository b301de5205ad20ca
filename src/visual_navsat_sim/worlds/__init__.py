"""Procedural ground without end, with exact truth: for the demo, for fitting and for tests."""
