"""The index on disk: what a map is searched by; index.build makes it."""
