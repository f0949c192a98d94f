"""Action segments, what came before them, and what shows them; importing this package registers the data sets."""
