"""Models that find the moment a sentence asks for; importing this package registers them."""
