"""Distillation losses, one per file: ``loss(student, teacher, valid) -> scalar``; importing this package registers them."""

from mmxkd.distill.losses import (
    attention_transfer,
    boundary_levels,
    bucket_kl,
    class_subset_kl,
    contrastive,
    cosine,
    kl_divergence,
    memory_bank_crd,
    mse,
    normalized_mse,
    nst,
    regression,
    score_levels,
    soft_labels,
    teacher_attention,
    token_hinge,
)

__all__ = [
    "attention_transfer",
    "boundary_levels",
    "bucket_kl",
    "class_subset_kl",
    "contrastive",
    "cosine",
    "kl_divergence",
    "memory_bank_crd",
    "mse",
    "normalized_mse",
    "nst",
    "regression",
    "score_levels",
    "soft_labels",
    "teacher_attention",
    "token_hinge",
]
