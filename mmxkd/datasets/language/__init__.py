"""Text for language models; importing this package registers the data sets."""
