"""Distillation: outputs, teacher, term, distiller; importing this package registers its parts."""

from mmxkd.distill import connectors, distiller, losses, recipes, teachers, terms

__all__ = ["connectors", "distiller", "losses", "recipes", "teachers", "terms"]
