"""The SCons tool: `Environment(tools=['default', 'cmodule'], toolpath=[PyPackageDir('modcore.scons')])`.

It sets the construction variables and adds the builders; all else is in the package beside it.

CMODROOT       the folder that module names start from (default: the top folder)
CMODPATH       library roots, in order
CMODSUFFIX     the suffix of module files (default: .cm)
CMODFLAGS      flags for module files only, beside CFLAGS and CCFLAGS
CMODINTERNAL   internal linkage for what is not exported: on (default) or off
CMODNAMESCOMSTR, CMODCOMSTR, CMODINTERFACECOMSTR
               what is shown for the steps; the compiler's is CCCOMSTR, as for plain C
CMODCCCOM, SHCMODCCCOM         the commands that compile emitted C
"""

from __future__ import annotations

import os
import sys
from typing import Any

_PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
if _PACKAGE not in sys.path:  # the tool was named by its folder
    sys.path.insert(0, _PACKAGE)

from modcore.scons.builders import INTERFACE_BUILDER, add_to_objects
from modcore.scons.programs import PROGRAM_BUILDER


def generate(env: Any, **kw: Any) -> None:
    """Adds modules to a construction environment."""
    env.SetDefault(
        CMODROOT=".",
        CMODPATH=[],
        CMODSUFFIX=".cm",
        CMODFLAGS=[],
        CMODINTERNAL=True,
        CMODNAMESCOMSTR="Reading the names of $SOURCE",
        CMODCOMSTR="Translating $SOURCE to $TARGET",
        CMODINTERFACECOMSTR="Writing the interface $TARGET",
        CMODCCCOM="$CC -o $TARGET -c $CFLAGS $CCFLAGS $CMODFLAGS -x cpp-output $SOURCES",
        SHCMODCCCOM="$SHCC -o $TARGET -c $SHCFLAGS $SHCCFLAGS $CMODFLAGS -x cpp-output $SOURCES",
    )
    add_to_objects(env)
    env["BUILDERS"]["CModuleProgram"] = PROGRAM_BUILDER
    env["BUILDERS"]["CModuleInterface"] = INTERFACE_BUILDER


def exists(env: Any) -> bool:
    return True
