"""Distillation losses, one per file: ``loss(student, teacher, valid) -> scalar``; importing this package registers them."""

from mmxkd.distill.losses import attention_transfer, cosine, kl_divergence, mse

__all__ = ["attention_transfer", "cosine", "kl_divergence", "mse"]
