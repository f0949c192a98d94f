"""Language models; importing this package registers them."""
