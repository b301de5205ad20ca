"""Where things are on the Earth, on the map and in the image."""
