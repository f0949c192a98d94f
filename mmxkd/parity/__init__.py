"""Numbers recorded from the published code, and ours beside them."""
