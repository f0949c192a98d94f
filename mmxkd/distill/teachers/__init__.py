"""Teachers; importing this package registers them."""

from mmxkd.distill.teachers import ensemble, online, stored
from mmxkd.distill.teachers.base import Gate, Teacher

__all__ = ["Gate", "Teacher", "ensemble", "online", "stored"]
