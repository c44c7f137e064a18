"""The commands that the IAM plugin adds to `cloudward`."""

from cloudward_iam.commands.explain import decision
from cloudward_iam.commands.policy import policy
from cloudward_iam.commands.simulate import simulate
from cloudward_iam.commands.stream import stream

COMMANDS = (decision, policy, simulate, stream)
