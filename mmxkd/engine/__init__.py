"""Training machinery: hooks, loops, optimisation, storage and the runner."""
