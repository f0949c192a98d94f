"""Distillation: outputs, teacher, term, distiller; importing this package registers its parts."""

from mmxkd.distill import connectors, connectors_mlp, distiller, losses, recipes, teachers, terms

__all__ = ["connectors", "connectors_mlp", "distiller", "losses", "recipes", "teachers", "terms"]
