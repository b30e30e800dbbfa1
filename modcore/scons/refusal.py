"""What cannot be built, told at the user's line.

SCons names the deepest line outside its own files as the place of an error, which in an emitter is one of
modcore's. So what SConscript files cannot have is told here, as SCons tells it, with the line that asks for it.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import NoReturn

import SCons.Script.Main

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def refuse(message: str) -> NoReturn:
    """Ends SCons while it reads SConscript files; exit status 2."""
    frames = [frame for frame in traceback.extract_stack() if not frame.filename.startswith(_HERE)]
    place = SCons.Script.Main.find_deepest_user_frame(frames)
    sys.stderr.write(f'\nscons: *** {message}\nFile "{place[0]}", line {place[1]}, in {place[2]}\n')
    sys.exit(2)
