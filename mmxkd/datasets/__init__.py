"""Data sets, their files and transforms. Importing this package alone loads nothing: the registries import what they build."""
