"""`python -m modcore`: the command line."""

import sys

from modcore.cli import main

sys.exit(main())
