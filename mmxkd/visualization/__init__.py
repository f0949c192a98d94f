"""Pictures of what a model does. Importing this package loads nothing."""
