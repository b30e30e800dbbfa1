"""The tool for projects that use a checkout of modcore as it is: `scons --site-dir=…/site_scons`, or a link
to it."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__)))))

from modcore.scons.cmodule import exists, generate

__all__ = ["exists", "generate"]
