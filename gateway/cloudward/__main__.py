"""`python -m cloudward`."""

from cloudward.cli import main

main()
