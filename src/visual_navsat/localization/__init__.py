"""From ranked tiles to a position, or to an honest refusal."""
