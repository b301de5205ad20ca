"""Judge a map from its index alone, before take-off: where it tells places apart, and a route."""
