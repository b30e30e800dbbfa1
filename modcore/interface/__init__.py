"""Interface files (`.cmi`): a module as its importers see it, for one target, without its source.

`format` is what stands in a file, and the two ways between that and bytes; `target` says for which targets a file
holds; `making` fills one in from a program. From an interface the names file of its module is made, so importers
cannot tell whether there was a source.
"""

from modcore.interface.format import Interface, encoded, read_interface
from modcore.interface.target import TargetEntry, target_of

__all__ = ["Interface", "TargetEntry", "encoded", "read_interface", "target_of"]
