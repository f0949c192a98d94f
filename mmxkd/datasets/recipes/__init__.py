"""Recipes as text of actions, to pre-train language models on."""
