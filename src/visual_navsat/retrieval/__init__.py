"""Find the map tiles whose descriptors are most similar to the query's."""
