"""`python -m auroram`: the command line, where the script `auroram` is not on the path."""

from auroram.cli.main import main

raise SystemExit(main())
