"""Every file a run writes opens weights-only."""

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmxkd.engine.plain import to_plain, unpack_buffers
from mmxkd.registry import HOOKS


@HOOKS.register_module()
class SafeCheckpointHook(Hook):
    """Replace what pickles objects in a checkpoint by plain values when saving, and rebuild it when loading.

    MMEngine keeps its logs as ``HistoryBuffer`` objects and metrics as NumPy numbers, which current torch refuses to load. A key of
    ``default_hooks`` is its place: a child config that sets ``custom_hooks`` would drop it from there.
    """

    priority = "LOWEST"

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Turn ``checkpoint`` into tensors and plain values, in place."""
        checkpoint.update(to_plain(checkpoint))

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Rebuild the log buffers of the message hub, in place."""
        hub = checkpoint.get("message_hub")
        if isinstance(hub, dict):
            hub["log_scalars"] = unpack_buffers(hub["log_scalars"])
