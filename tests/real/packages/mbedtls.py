"""Mbed TLS: the library, some fifty programs, and its test suites, which its own Python script makes into C.

The suites are programs like any other. Two of them fail without modcore too, because certificates have
expired.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.real.project import Project, Tree

EXPIRED = ("test_suite_x509parse", "test_suite_ssl")
SEED = "This is a seedfile that contains 64 bytes (65 on Windows)......\n"


def generate_tests(folder: Path) -> None:
    """A C file for each file of test data, as `tests/Makefile` has it."""
    tests = folder / "tests"
    (tests / "seedfile").write_text(SEED)
    for data in sorted(tests.glob("suites/test_suite_*.data")):
        function = data.name.split(".")[0]
        command = [
            sys.executable, "scripts/generate_test_code.py",
            "-f", f"suites/{function}.function", "-d", str(data), "-t", "suites/main_test.function",
            "-p", "suites/host_test.function", "-s", "suites",
            "--helpers-file", "suites/helpers.function", "-o", ".",
        ]  # fmt: skip
        subprocess.run(command, cwd=tests, check=True, stdout=subprocess.DEVNULL)


def check(tree: Tree, reference: Tree) -> None:
    assert "[ All tests PASS ]" in tree.run("programs/test/selftest")
    suites = [Path(name).name for name in tree.units.programs if name.startswith("tests/test_suite_")]
    assert len(suites) >= 100
    for suite in suites:
        if suite not in EXPIRED:
            assert "PASSED" in tree.run(f"./{suite}", folder="tests")
    command = f"./{EXPIRED[0]} || true"
    assert tree.shell(command, folder="tests") == reference.shell(command, folder="tests")


PROJECT = Project(
    package="mbedtls",
    flags=(
        "-Iinclude", "-Ilibrary", "-Itests/include",
        *(f"-I3rdparty/everest/include{folder}" for folder in ("", "/everest", "/everest/kremlib")),
        "-D_FILE_OFFSET_BITS=64", "-D_POSIX_C_SOURCE=200809L",
    ),
    library=("library/*.c", "3rdparty/everest/library/*.c"),
    helpers=(
        "tests/src/*.c", "tests/src/*/*.c", "programs/ssl/ssl_test_lib.c", "programs/test/query_config.c",
    ),
    each=("programs/*/*.c", "programs/test/*/*.c"),
    tests=("tests/test_suite_*.c",),
    others=("programs/fuzz/*.c",),
    excluded={
        "programs/psa/psa_constant_names_generated.c": "included by psa_constant_names.c",
        "programs/ssl/ssl_test_common_source.c": "included by the test programs",
        "programs/wince_main.c": "for Windows CE",
        "tests/src/external_timing/*": "needs a header that nobody writes",
        "3rdparty/everest/library/Hacl_Curve25519.c": "included by Hacl_Curve25519_joined.c",
        "3rdparty/everest/library/kremlib/*": "included by Hacl_Curve25519_joined.c",
        "3rdparty/everest/library/legacy/*": "for compilers without 128-bit integers",
    },
    generate_tests=generate_tests,
    check=check,
    laid_out_by_macros=(
        *(
            f"library/{name}.c"
            for name in (
                "asn1write", "bignum", "constant_time", "dhm", "ecdh", "ecdsa", "ecp", "ecp_curves",
                "pkparse", "psa_crypto_ecp", "rsa", "rsa_internal",
            )
        ),
        "programs/pkey/key_app.c", "programs/pkey/mpi_demo.c", "programs/ssl/ssl_server2.c",
        "tests/src/asn1_helpers.c", "tests/src/psa_exercise_key.c", "tests/src/test_helpers/ssl_helpers.c",
    ),
)  # fmt: skip
