"""Looks at one page stage by stage, with controls beside it, and gives back everything it saw."""

from crawler.reachability.config import Anchor, Mirror, ReachabilityConfig, read_reachability
from crawler.reachability.making import make_prober
from crawler.reachability.prober import Look, Prober

__all__ = [
    "Anchor",
    "Look",
    "Mirror",
    "Prober",
    "ReachabilityConfig",
    "make_prober",
    "read_reachability",
]
