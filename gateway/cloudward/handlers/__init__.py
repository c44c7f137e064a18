"""The request chain: one file a step, run in the order of `STEPS` by rolo's handler chain."""

from cloudward.handlers.call import Call
from cloudward.handlers.chain import STEPS, Chain, Step

__all__ = ["STEPS", "Call", "Chain", "Step"]
