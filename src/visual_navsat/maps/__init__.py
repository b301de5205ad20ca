"""Map sources: where tiles and their images come from."""
