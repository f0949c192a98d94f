"""Models that say what happens next; importing this package registers them."""
