"""Claims about targets, each proved with the compilers of that target; `toolchains` names them all."""
