"""Bound modules to plain C: one self-contained file a module.

`names` says what everything is called in the C that comes out, `declarations` spells one declaration, `order` puts
those that a module needs into definition-needs order, `modules` and `plain` write the file of a module and of a plain
importer. The text holds line markers, so that compilers and debuggers name the user's file and line.
"""

from __future__ import annotations

from modcore.emit.lines import opening
from modcore.emit.modules import emit_module
from modcore.emit.plain import emit_plain
from modcore.finder import Module
from modcore.knowledge import Knowledge


def emit(program: Knowledge, module: Module) -> str:
    """The C of one unit that has no errors."""
    write = emit_module if program.unit(module).is_module else emit_plain
    return opening(program.facts()) + write(program, module)
