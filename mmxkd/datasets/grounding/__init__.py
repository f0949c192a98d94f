"""Sentences and the moments they mean; importing this package registers the data sets."""
