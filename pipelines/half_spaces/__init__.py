"""Half spaces (ZERO WIDTH NON-JOINERS) that a text lost on its way: a reading with them, offered apart."""

from pipelines.half_spaces.restore import Restored, restore_half_spaces

__all__ = ["Restored", "restore_half_spaces"]
