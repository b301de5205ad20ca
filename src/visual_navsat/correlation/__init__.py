"""Correlate gradient fields of photo and map, coarse to fine: where on the map a photo agrees."""
