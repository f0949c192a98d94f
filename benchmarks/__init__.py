"""Measurements; run one as ``python -m benchmarks.<name> --help`` from the root of the repository."""
